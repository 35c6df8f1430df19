//! Recipes: a GAN as a composition of critic × objective × regularizer × schedule, in TOML.
//!
//! A recipe states what it changes over `recipes/base.toml`; one that names another as its `base`
//! states what it changes over that. A flag `field=value` changes a field on top. Of a network
//! (`[critic]`, `[generator]`) single fields are replaced, of everything else whole values: a
//! regularizer takes the place of the one before it.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use toml::{Table, Value};

use super::Objective;
use crate::critic::Regularizer;
use crate::nn::{Activation, Init, Rule, Schedule};
use crate::shown::Shown;

/// All settings of a GAN's training, without the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The name of the recipe.
    pub name: String,
    /// The paper of the recipe.
    pub source: String,
    /// Differences from the paper.
    pub differs: String,
    /// Coordinates of a latent point; 0 for the number of the data's coordinates, but at most 16.
    pub latent: usize,
    /// Points a side and step.
    pub batch: usize,
    /// Steps of the critic for each of the generator.
    pub critic_steps: usize,
    /// Steps of the critic on real points alone, before the game begins.
    pub pretraining: u64,
    /// Weight of the pull-away term in the generator's loss, with an energy.
    pub pull_away: f64,
    /// Steps of the generator.
    pub steps: u64,
    /// Number of last steps over which the weights of the scored generator are averaged; 0 for the last
    /// weights.
    pub average: f64,
    /// The losses of critic and generator.
    pub objective: Objective,
    /// The bound on the critic's slope.
    #[serde(rename = "regulariser")]
    pub regularizer: Regularizer,
    /// The schedule of the step sizes.
    pub schedule: Schedule,
    /// The critic.
    pub critic: NetworkSettings,
    /// The generator.
    pub generator: NetworkSettings,
}

/// A network and its optimizer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSettings {
    /// Neurons of a hidden layer.
    pub width: usize,
    /// Hidden layers besides the convolutions; of an autoencoder, on either side of its code.
    pub depth: usize,
    /// Channels of convolutions of images, each of which halves their sides; none for points.
    #[serde(default)]
    pub channels: Vec<usize>,
    /// Neurons of an autoencoder's code.
    pub code: usize,
    /// Activation of the hidden layers.
    pub activation: Activation,
    /// Distribution of the first weights.
    pub init: Init,
    /// The size of the optimizer's first step.
    pub rate: f64,
    /// The optimizer.
    pub rule: Rule,
}

/// A fault in a recipe.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// No recipe of that name.
    #[error("there is no recipe called {}", Shown(.name))]
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// Not TOML, or not a recipe.
    #[error("{}", Shown(.message))]
    Toml {
        /// The message of the parser.
        message: String,
    },
    /// A change that does not say what it changes.
    #[error("{} is no change of a recipe", Shown(.text))]
    Change {
        /// The text given.
        text: String,
    },
    /// A number that makes no sense.
    #[error("{field} is {value}: it must be {bound}")]
    Range {
        /// The field.
        field: &'static str,
        /// The value of the field.
        value: f64,
        /// The admissible values.
        bound: &'static str,
    },
    /// Two settings that contradict each other.
    #[error("{what}")]
    Contradiction {
        /// The two settings and the reason.
        what: &'static str,
    },
}

impl RecipeError {
    /// Advice for the user.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { .. } => {
                let names: Vec<_> = Recipe::names().collect();
                format!("choose one of {}, or a file that ends in .toml", names.join(", "))
            }
            Self::Toml { .. } => "the recipe `base` has all fields".into(),
            Self::Change { .. } => "write FIELD=VALUE, such as critic.width=64".into(),
            Self::Range { .. } => "leave it out to keep the recipe's own value".into(),
            Self::Contradiction { .. } => "change one of the two".into(),
        }
    }
}

impl From<toml::de::Error> for RecipeError {
    fn from(error: toml::de::Error) -> Self {
        Self::Toml { message: error.message().to_owned() }
    }
}

macro_rules! built_in {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("recipes/", $name, ".toml")))),+]
    };
}

/// Names and texts.
const BUILT_IN: &[(&str, &str)] = built_in![
    "gan",
    "gan-minimax",
    "lsgan",
    "wgan-clip",
    "wgan-clip-paper",
    "wgan-gp",
    "wgan-gp-paper",
    "wgan-gp-conv",
    "wgan-lp",
    "wgan-spectral",
    "wgan-maxmin",
    "ebgan",
    "ebgan-pt",
];

/// The base of all recipes.
const BASE: &str = include_str!("recipes/base.toml");

/// Tables whose fields are replaced one by one.
const NETWORK_TABLES: [&str; 2] = ["critic", "generator"];

impl Recipe {
    /// Names of the built-in recipes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|&(name, _)| name)
    }

    /// The text of a built-in recipe.
    ///
    /// # Errors
    /// [`RecipeError::Unknown`].
    pub fn text(name: &str) -> Result<&'static str, RecipeError> {
        let found = BUILT_IN.iter().find(|&&(built_in, _)| built_in == name);
        found.map(|&(_, text)| text).ok_or_else(|| RecipeError::Unknown { name: name.to_owned() })
    }

    /// A built-in recipe with changes such as `critic.width=64`.
    ///
    /// # Errors
    /// [`RecipeError`].
    ///
    /// # Examples
    /// ```
    /// use deblais::gan::Recipe;
    ///
    /// let recipe = Recipe::named("wgan-gp", &["critic.width=32"])?;
    /// assert_eq!(recipe.critic.width, 32);
    /// # Ok::<(), deblais::gan::RecipeError>(())
    /// ```
    pub fn named(name: &str, changes: &[impl AsRef<str>]) -> Result<Self, RecipeError> {
        Self::read(Self::text(name)?, changes)
    }

    /// A recipe as TOML, with changes.
    ///
    /// # Errors
    /// [`RecipeError`].
    pub fn read(text: &str, changes: &[impl AsRef<str>]) -> Result<Self, RecipeError> {
        let mut table = over_its_base(text.parse()?)?;
        for change in changes {
            set(&mut table, change.as_ref())?;
        }
        let recipe: Self = table.try_into()?;
        recipe.check()?;
        Ok(recipe)
    }

    /// All fields as TOML.
    ///
    /// # Panics
    /// Never: every field has a place in TOML.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a recipe is a table of numbers and names")
    }

    /// Coordinates of a latent point for data of `dim` coordinates.
    #[must_use]
    pub fn latent_for(&self, dim: usize) -> usize {
        const MAX_DEFAULT_LATENT: usize = 16;
        if self.latent == 0 { dim.min(MAX_DEFAULT_LATENT) } else { self.latent }
    }

    /// Whether the recipe is for images: critic or generator has convolutions.
    #[must_use]
    pub fn has_convolutions(&self) -> bool {
        [&self.critic, &self.generator].iter().any(|settings| !settings.channels.is_empty())
    }

    /// Whether the critic is an autoencoder.
    pub(super) fn has_autoencoder(&self) -> bool {
        matches!(self.objective, Objective::Energy { .. })
    }

    /// Whether all fields make sense, alone and together; nothing is allocated for those that do not.
    pub(super) fn check(&self) -> Result<(), RecipeError> {
        self.check_sizes()?;
        let positive = |field, value: f64| {
            range(field, value, value > 0.0 && value.is_finite(), "a positive number")
        };
        positive("critic.rate", self.critic.rate)?;
        positive("generator.rate", self.generator.rate)?;
        let not_negative = |field, value: f64| {
            range(field, value, value >= 0.0 && value.is_finite(), "a number ≥ 0")
        };
        not_negative("pull_away", self.pull_away)?;
        not_negative("average", self.average)?;
        let dense_only =
            matches!(self.regularizer, Regularizer::Spectral | Regularizer::Orthonormal);
        if dense_only && !self.critic.channels.is_empty() {
            let what = "spectral and orthonormal weights bound the slope of fully connected layers \
                        only, and critic.channels asks for convolutions";
            return Err(RecipeError::Contradiction { what });
        }
        match self.objective {
            Objective::Energy { margin } => not_negative("objective.energy.margin", margin)?,
            _ if self.pretraining > 0 => {
                let what = "pretraining is for autoencoders, and this objective has none";
                return Err(RecipeError::Contradiction { what });
            }
            _ if self.pull_away > 0.0 => {
                let what =
                    "pull_away spreads the codes of an autoencoder, and this objective has none";
                return Err(RecipeError::Contradiction { what });
            }
            _ => return Ok(()),
        }
        if self.regularizer == Regularizer::None {
            return Ok(());
        }
        let what = "a regulariser holds a scalar critic, and an energy is an autoencoder";
        Err(RecipeError::Contradiction { what })
    }
}

/// The sizes that a recipe may have, for messages.
const BATCH_RANGE: &str = "from 1 to 65536";
const LATENT_RANGE: &str = "from 0 to 65536";
const WIDTH_RANGE: &str = "from 1 to 16384";
const CHANNEL_RANGE: &str = "from 1 to 4096";
const CRITIC_STEPS_RANGE: &str = "from 1 to 1000000";
const STEPS_RANGE: &str = "at most 1000000000000";
const DEPTH_RANGE: &str = "from 1, unless there are channels, to 256";

impl Recipe {
    /// The most steps that a recipe may have.
    pub const MAX_STEPS: u64 = 1_000_000_000_000;

    fn check_sizes(&self) -> Result<(), RecipeError> {
        let within = |field, value: usize, (least, most), bound| {
            range(field, value as f64, (least..=most).contains(&value), bound)
        };
        within("batch", self.batch, (1, 65_536), BATCH_RANGE)?;
        within("latent", self.latent, (0, 65_536), LATENT_RANGE)?;
        within("critic_steps", self.critic_steps, (1, 1_000_000), CRITIC_STEPS_RANGE)?;
        let steps =
            |field, value: u64| range(field, value as f64, value <= Self::MAX_STEPS, STEPS_RANGE);
        steps("steps", self.steps)?;
        steps("pretraining", self.pretraining)?;
        let sizes = |settings: &NetworkSettings,
                     [width, depth, code, channels]: [&'static str; 4]| {
            within(width, settings.width, (1, 16_384), WIDTH_RANGE)?;
            let least = usize::from(settings.channels.is_empty());
            within(depth, settings.depth, (least, 256), DEPTH_RANGE)?;
            within(code, settings.code, (1, 16_384), WIDTH_RANGE)?;
            settings
                .channels
                .iter()
                .try_for_each(|&c| within(channels, c, (1, 4096), CHANNEL_RANGE))
        };
        sizes(&self.critic, ["critic.width", "critic.depth", "critic.code", "critic.channels"])?;
        let generator =
            ["generator.width", "generator.depth", "generator.code", "generator.channels"];
        sizes(&self.generator, generator)
    }
}

fn range(
    field: &'static str,
    value: f64,
    good: bool,
    bound: &'static str,
) -> Result<(), RecipeError> {
    if good { Ok(()) } else { Err(RecipeError::Range { field, value, bound }) }
}

/// A table with the fields of its `base` filled in.
fn over_its_base(mut changes: Table) -> Result<Table, RecipeError> {
    let mut table = match changes.remove("base") {
        None => BASE.parse()?,
        Some(Value::String(name)) => over_its_base(Recipe::text(&name)?.parse()?)?,
        Some(other) => {
            return Err(RecipeError::Toml { message: format!("base = {other} is no name") });
        }
    };
    for (field, value) in changes {
        match (table.get_mut(&field), value) {
            (Some(Value::Table(settings)), Value::Table(fields))
                if NETWORK_TABLES.contains(&field.as_str()) =>
            {
                settings.extend(fields);
            }
            (_, value) => {
                table.insert(field, value);
            }
        }
    }
    Ok(table)
}

/// `field=value`, with dots between a table and its fields.
fn set(table: &mut Table, change: &str) -> Result<(), RecipeError> {
    let bad = || RecipeError::Change { text: change.to_owned() };
    let (path, text) = change.split_once('=').ok_or_else(bad)?;
    // A value that is no TOML is a name without its quotes.
    let value = format!("value={text}").parse::<Table>().ok().and_then(|mut t| t.remove("value"));
    let value = value.unwrap_or_else(|| Value::String(text.to_owned()));
    let mut fields: Vec<_> = path.trim().split('.').collect();
    let last = fields.pop().filter(|last| !last.is_empty()).ok_or_else(bad)?;
    // A choice among alternatives is a table with one key: it is replaced whole.
    let choice = 1 + fields.iter().take(1).filter(|field| NETWORK_TABLES.contains(field)).count();
    let mut place = table;
    for (depth, field) in fields.iter().copied().chain([last]).enumerate() {
        if depth == choice && !place.contains_key(field) {
            place.clear();
        }
        if depth == fields.len() {
            break;
        }
        let inner = place.entry(field).or_insert_with(|| Value::Table(Table::new()));
        if !inner.is_table() {
            *inner = Value::Table(Table::new());
        }
        place = inner.as_table_mut().ok_or_else(bad)?;
    }
    place.insert(last.to_owned(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNCHANGED: [&str; 0] = [];

    #[test]
    fn every_built_in_recipe_is_one_and_bears_its_name() {
        for name in Recipe::names() {
            let recipe = Recipe::named(name, &UNCHANGED).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(recipe.name, name);
            assert_eq!(Recipe::read(&recipe.to_toml(), &UNCHANGED), Ok(recipe));
        }
    }

    #[test]
    fn changes_replace_fields_of_players_and_whole_alternatives() {
        let changes = [
            "critic.width=32",
            "critic.rule.rms_prop={ decay = 0.9, epsilon = 1e-8 }",
            "generator.activation=tanh",
            "regulariser.clip.limit=0.05",
        ];
        let recipe = Recipe::named("wgan-gp", &changes).unwrap();
        assert_eq!(recipe.critic.width, 32);
        assert_eq!(recipe.critic.rule, Rule::RmsProp { decay: 0.9, epsilon: 1e-8 });
        assert_eq!(recipe.generator.activation, Activation::Tanh);
        assert_eq!(recipe.regularizer, Regularizer::Clip { limit: 0.05 });
        let recipe = Recipe::named("wgan-gp", &["regulariser.gradient_penalty.lambda=7"]).unwrap();
        let typing = Recipe::named("wgan-gp", &["regulariser.gradient_penalty.lamda=7"]);
        assert!(typing.unwrap_err().to_string().contains("lamda"));
        assert!(matches!(recipe.regularizer, Regularizer::GradientPenalty { lambda: 7.0, .. }));
    }

    #[test]
    fn a_recipe_states_only_what_it_changes() {
        let text = "base = \"wgan-gp\"\nname = \"mine\"\n[critic]\nwidth = 8\n";
        let mine = Recipe::read(text, &UNCHANGED).unwrap();
        let mut expected = Recipe::named("wgan-gp", &["critic.width=8"]).unwrap();
        expected.name = "mine".into();
        assert_eq!(mine, expected);
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        let message = |change: &str| Recipe::named("wgan-gp", &[change]).unwrap_err().to_string();
        assert!(message("critic.widht=8").contains("widht"));
        assert!(message("critic.width=wide").contains("usize"));
        assert!(message("critic.rate=-1").contains("critic.rate is -1"));
        assert!(message("batch=0").contains("batch is 0"));
        assert!(message("batch").contains("no change"));
        assert!(message("critic.width=99999999999").contains("from 1 to 16384"));
        assert!(message("generator.depth=99999999999").contains("to 256"));
        assert!(message("batch=9223372036854775807").contains("from 1 to 65536"));
        assert!(message("latent=99999999999").contains("from 0 to 65536"));
        assert!(message("steps=9223372036854775807").contains("at most 1000000000000"));
        assert!(message("pretraining=10").contains("autoencoders"));
        assert!(message("critic.channels=[4, 0]").contains("critic.channels is 0"));
        assert!(message("generator.depth=0").contains("unless there are channels"));
        let maxmin = Recipe::named("wgan-maxmin", &["critic.channels=[4]"]).unwrap_err();
        assert!(maxmin.to_string().contains("fully connected"), "{maxmin}");
        assert!(Recipe::named("wgan", &UNCHANGED).unwrap_err().hint().contains("wgan-gp"));
    }
}
