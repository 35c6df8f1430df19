//! Recipes in TOML, and behind a zero byte each the changes of flags.

use deblais::gan::Recipe;

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.split('\0');
    let recipe = parts.next().unwrap_or_default();
    let changes: Vec<_> = parts.collect();
    match Recipe::read(recipe, &changes) {
        Ok(recipe) => {
            let back = Recipe::read(&recipe.to_toml(), &[""; 0]);
            assert_eq!(back.as_ref(), Ok(&recipe), "a recipe is what it prints");
        }
        Err(error) => super::told(&error, &error.hint()),
    }
}
