//! How a critic is to be trained: the flags, checked against the kind they belong to.

use clap::{Args, ValueEnum};
use deblais::critic::{
    CriticError, LatticeRate, Pairs, Regularizer, Save, TrainCones, TrainLattice, TrainNetwork,
    Trained,
};
use deblais::nn::Activation;
use deblais::plan::TransportPlan;
use deblais::problem::OtProblem;
use deblais::progress::Observer;
use deblais::seed::Seed;
use serde::Serialize;

use crate::cli::failure::Failure;
use crate::cli::ground::{Ground, Seconds};
use crate::cli::typed::typed;

/// `--kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KindName {
    /// The lower envelope of distances to the target points: 1-Lipschitz by construction, for any
    /// distance
    Cones,
    /// Maxima of minima of distances to learned centers: 1-Lipschitz by construction
    Lattice,
    /// Weights in a box (Arjovsky 2017)
    Clip,
    /// Gradient penalty, two-sided (Gulrajani 2017)
    Gp,
    /// Gradient penalty, one-sided (Petzka 2018)
    Lp,
    /// Weights divided by their spectral norms (Miyato 2018)
    Spectral,
    /// Orthonormal weights, sorted pairs (Anil 2019)
    Maxmin,
    /// Orthonormal weights, sorted groups (Anil 2019)
    Groupsort,
}

impl KindName {
    /// All but cones are Lipschitz for the Euclidean distance only.
    pub(crate) fn check(self, ground: &Ground) -> Result<(), Failure> {
        if self != Self::Cones && !ground.is_euclidean() {
            return Err(Failure::usage(format!(
                "--kind {} is built for the Euclidean distance alone",
                typed(&self)
            ))
            .hint("use --kind cones, which serves any distance, or --cost euclidean"));
        }
        Ok(())
    }

    /// How far the estimate of a default run may be off, relatively, where that is claimed.
    pub(crate) fn claim(self) -> Option<f64> {
        (self == Self::Cones).then_some(1e-3)
    }
}

/// `--pairs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum PairsName {
    /// Independent source and target points
    Random,
    /// The pairs that the exact plan matches: circular as a check, for it uses the answer
    Plan,
}

/// How to train. What is not given depends on the kind.
#[derive(Debug, Clone, Args, Serialize)]
#[command(next_help_heading = "Training")]
pub(crate) struct CriticTrainingArgs {
    /// Kind of critic
    #[arg(long, value_enum, default_value_t = KindName::Cones, value_name = "NAME")]
    #[serde(skip)]
    pub(crate) kind: KindName,

    /// Steps of training (default: by kind)
    #[arg(long, value_name = "N")]
    steps: Option<u64>,

    /// Rate of the optimizer (default: by kind; for cones a multiple of the temperature)
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    rate: Option<f64>,

    /// Neurons of a hidden layer
    #[arg(long, value_name = "N")]
    width: Option<usize>,

    /// Hidden layers
    #[arg(long, value_name = "N")]
    depth: Option<usize>,

    /// Points of each side in a step of training, if the samples have more
    #[arg(long, value_name = "N")]
    batch: Option<usize>,

    /// Weight λ of the gradient penalty, for samples scaled to size 1
    #[arg(long, value_name = "LAMBDA", allow_negative_numbers = true)]
    lambda: Option<f64>,

    /// Between which points gradients are penalised
    #[arg(long, value_enum, value_name = "PAIRS")]
    pairs: Option<PairsName>,

    /// Largest absolute weight of `--kind clip`
    #[arg(long, value_name = "BOUND", allow_negative_numbers = true)]
    clip: Option<f64>,

    /// Coordinates that `--kind groupsort` sorts together
    #[arg(long, value_name = "N")]
    group: Option<usize>,

    /// Seed of first weights and batches (default: 0)
    #[arg(long, value_name = "SEED")]
    seed: Option<u64>,

    /// Stop training after this time with the best critic so far: seconds, or 500ms, 10s, 2m
    #[arg(long, value_name = "TIME")]
    pub(crate) time_limit: Option<Seconds>,
}

/// Validated settings of a training run.
#[derive(Debug, Clone)]
pub(crate) enum CriticTraining {
    Cones(TrainCones),
    Lattice(TrainLattice),
    Network(TrainNetwork),
}

/// Kinds that are networks, that draw batches, and that have a penalty.
const NETWORKS: &[KindName] = &[
    KindName::Clip,
    KindName::Gp,
    KindName::Lp,
    KindName::Spectral,
    KindName::Maxmin,
    KindName::Groupsort,
];
const DRAWN: &[KindName] = &[
    KindName::Lattice,
    KindName::Clip,
    KindName::Gp,
    KindName::Lp,
    KindName::Spectral,
    KindName::Maxmin,
    KindName::Groupsort,
];
const PENALTIES: &[KindName] = &[KindName::Gp, KindName::Lp];

impl CriticTrainingArgs {
    /// The settings for points in `dim` dimensions.
    pub(crate) fn training(&self, dim: usize) -> CriticTraining {
        if self.kind == KindName::Lattice {
            return CriticTraining::Lattice(self.lattice());
        }
        let Some(network) = TrainNetwork::named(&typed(&self.kind), dim) else {
            let default = TrainCones::default();
            let steps = self.steps.unwrap_or(default.steps);
            let rate = self.rate.unwrap_or(default.rate);
            return CriticTraining::Cones(TrainCones { steps, rate, ..default });
        };
        let shape = (self.width.unwrap_or(network.width), self.depth.unwrap_or(network.depth));
        let mut network = network.shaped(dim, shape.0, shape.1);
        network.steps = self.steps.unwrap_or(network.steps);
        network.rate = self.rate.unwrap_or(network.rate);
        network.batch = self.batch.unwrap_or(network.batch);
        network.seed = self.seed.map_or(network.seed, Seed);
        if let (Some(size), Activation::GroupSort { .. }) = (self.group, network.activation) {
            network.activation = Activation::GroupSort { size };
        }
        match &mut network.regularizer {
            Regularizer::GradientPenalty { lambda, .. } => {
                *lambda = self.lambda.unwrap_or(*lambda);
            }
            Regularizer::Clip { limit } => *limit = self.clip.unwrap_or(*limit),
            _ => {}
        }
        CriticTraining::Network(network)
    }

    fn lattice(&self) -> TrainLattice {
        let default = TrainLattice::default();
        TrainLattice {
            steps: self.steps.unwrap_or(default.steps),
            rate: self.rate.map_or(default.rate, LatticeRate::OfTemperature),
            batch: self.batch.unwrap_or(default.batch),
            seed: self.seed.map_or(default.seed, Seed),
            ..default
        }
    }

    /// Whether the exact plan has to be known first.
    pub(crate) fn needs_plan(&self) -> bool {
        self.pairs == Some(PairsName::Plan)
    }

    /// Checks the flags against the kind, and the kind against the distance.
    pub(crate) fn check(&self, ground: &Ground) -> Result<(), Failure> {
        self.kind.check(ground)?;
        let flags: [(&str, bool, &[KindName]); 8] = [
            ("--width", self.width.is_some(), NETWORKS),
            ("--depth", self.depth.is_some(), NETWORKS),
            ("--batch", self.batch.is_some(), DRAWN),
            ("--seed", self.seed.is_some(), DRAWN),
            ("--lambda", self.lambda.is_some(), PENALTIES),
            ("--pairs", self.pairs.is_some(), PENALTIES),
            ("--clip", self.clip.is_some(), &[KindName::Clip]),
            ("--group", self.group.is_some(), &[KindName::Groupsort]),
        ];
        for (flag, given, kinds) in flags {
            if given && !kinds.contains(&self.kind) {
                let names: Vec<_> = kinds.iter().map(typed).collect();
                return Err(Failure::usage(format!(
                    "{flag} has no meaning for --kind {}",
                    typed(&self.kind)
                ))
                .hint(format!("leave it out, or choose --kind {}", names.join(", "))));
            }
        }
        Ok(())
    }

    /// These arguments, with the settings of a training where none were given.
    pub(crate) fn filled(&self, training: &CriticTraining) -> Self {
        let given = self.clone();
        match training {
            CriticTraining::Cones(TrainCones { steps, rate, .. }) => {
                Self { steps: Some(*steps), rate: Some(*rate), ..given }
            }
            CriticTraining::Lattice(lattice) => Self {
                steps: Some(lattice.steps),
                rate: match lattice.rate {
                    LatticeRate::OfTemperature(rate) => Some(rate),
                    LatticeRate::Falling(_) => None,
                },
                batch: Some(lattice.batch),
                seed: Some(lattice.seed.0),
                ..given
            },
            CriticTraining::Network(network) => Self {
                steps: Some(network.steps),
                rate: Some(network.rate),
                width: Some(network.width),
                depth: Some(network.depth),
                batch: Some(network.batch),
                seed: Some(network.seed.0),
                lambda: match network.regularizer {
                    Regularizer::GradientPenalty { lambda, .. } => Some(lambda),
                    _ => None,
                },
                clip: match network.regularizer {
                    Regularizer::Clip { limit } => Some(limit),
                    _ => None,
                },
                group: match network.activation {
                    Activation::GroupSort { size } => Some(size),
                    _ => None,
                },
                pairs: self.pairs.filter(|_| self.needs_plan()),
                ..given
            },
        }
    }
}

impl CriticTraining {
    /// The default settings of a kind for points in `dim` dimensions.
    pub(crate) fn named(kind: KindName, dim: usize) -> Self {
        match TrainNetwork::named(&typed(&kind), dim) {
            Some(network) => Self::Network(network),
            None if kind == KindName::Lattice => Self::Lattice(TrainLattice::default()),
            None => Self::Cones(TrainCones::default()),
        }
    }

    /// Trains; `plan` is the exact one, where its pairs are asked for.
    pub(crate) fn train(
        &self,
        problem: &OtProblem,
        plan: Option<&TransportPlan>,
        observer: &mut dyn Observer,
    ) -> Result<Trained<Box<dyn Save>>, CriticError> {
        match self {
            Self::Cones(cones) => {
                let Trained { critic, history, stopped } = cones.train_with(problem, observer)?;
                Ok(Trained { critic: Box::new(critic), history, stopped })
            }
            Self::Lattice(lattice) => {
                let Trained { critic, history, stopped } = lattice.train_with(problem, observer)?;
                Ok(Trained { critic: Box::new(critic), history, stopped })
            }
            Self::Network(network) => {
                let mut network = network.clone();
                if let Some(plan) = plan {
                    network.pairs = Pairs::Plan(plan.arcs().to_vec());
                }
                let Trained { critic, history, stopped } = network.train_with(problem, observer)?;
                Ok(Trained { critic: Box::new(critic), history, stopped })
            }
        }
    }
}
