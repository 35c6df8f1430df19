//! `deblais gan recipes`.

use std::fmt::Write as _;

use clap::Args;
use deblais::gan::{Recipe, RecipeError};

use crate::cli::failure::{Exit, Failure};
use crate::cli::output::print;

/// `deblais gan recipes [NAME]`
#[derive(Debug, Args)]
pub(super) struct RecipesArgs {
    /// Print all fields of this one as TOML, to start a recipe of one's own from
    name: Option<String>,

    /// Change a field, such as critic.width=64, to see what comes of it
    #[arg(long = "set", value_name = "FIELD=VALUE", requires = "name")]
    changes: Vec<String>,
}

/// Prints the list or one recipe.
pub(super) fn run(args: RecipesArgs) -> Result<Exit, Failure> {
    if let Some(name) = &args.name {
        return print(read(name, &args.changes)?.to_toml().as_bytes());
    }
    let mut text = String::new();
    for name in Recipe::names() {
        let recipe = Recipe::named(name, &[""; 0])?;
        let _ = writeln!(text, "{name}\n    from     {}", recipe.source);
        let _ = writeln!(text, "    differs  {}", recipe.differs);
    }
    print(text.as_bytes())
}

/// A built-in recipe, or one in a file that ends in `.toml`, with changes.
pub(super) fn read(name: &str, changes: &[String]) -> Result<Recipe, Failure> {
    if std::path::Path::new(name).extension().is_none_or(|ending| ending != "toml") {
        return Ok(Recipe::named(name, changes)?);
    }
    let text = std::fs::read_to_string(name).map_err(|error| {
        Failure::new(format!("--recipe {name}: {error}")).hint("name a file that can be read")
    })?;
    Recipe::read(&text, changes).map_err(|error: RecipeError| Failure::from(error).at(name))
}
