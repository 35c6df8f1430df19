//! First-order optimizers: steps θ ← θ − η d along a direction d made of gradients g.
//!
//! - momentum: v ← μ v + g, d = v (Polyak 1964);
//! - RMSProp: v ← ρ v + (1 − ρ) g², d = g/(√v + ε) (Tieleman, Hinton 2012, Coursera lecture 6.5);
//! - Adam: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², d = m̂/(√v̂ + ε) with m̂ = m/(1 − β₁ᵗ) and
//!   v̂ = v/(1 − β₂ᵗ) (Kingma, Ba 2015, "Adam: a method for stochastic optimization", ICLR).
//!
//! One loop over the parameters does a whole step, in SIMD lanes and in parallel pieces. The step size
//! η is an argument of each step ([`Schedule`](super::Schedule)).

use macro_rules_attribute::apply;
use serde::{Deserialize, Serialize};

use super::real::Real;
use crate::math::simd_targets;

/// Number of parameters of a piece, the unit of parallel work.
const PARAMETERS_PER_PIECE: usize = 1 << 14;

/// The rule by which a step follows from the gradients.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// Stochastic gradient descent, plain for momentum 0.
    Sgd {
        /// μ, in [0, 1).
        momentum: f64,
    },
    /// Gradients divided by their running root mean square.
    RmsProp {
        /// ρ, in [0, 1).
        decay: f64,
        /// ε, added to the root.
        epsilon: f64,
    },
    /// Running means of gradients divided by their running root mean square.
    Adam {
        /// β₁, in [0, 1).
        beta1: f64,
        /// β₂, in [0, 1).
        beta2: f64,
        /// ε, added to the root.
        epsilon: f64,
    },
}

impl Rule {
    /// RMSProp with ρ = 0.99 and ε = 1e-8.
    pub const RMS_PROP: Self = Self::RmsProp { decay: 0.99, epsilon: 1e-8 };

    /// Adam as published: β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
    pub const ADAM: Self = Self::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

    /// Whether running means of gradients and of their squares are kept.
    fn keeps(self) -> (bool, bool) {
        match self {
            Self::Sgd { momentum } => (momentum != 0.0, false),
            Self::RmsProp { .. } => (false, true),
            Self::Adam { .. } => (true, true),
        }
    }
}

/// A rule and its running means of earlier gradients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Optimizer<T> {
    rule: Rule,
    mean: Vec<T>,
    square: Vec<T>,
    /// β₁ᵗ and β₂ᵗ.
    powers: [f64; 2],
}

impl<T: Real> Optimizer<T> {
    /// An optimizer of this many parameters.
    #[must_use]
    pub fn new(rule: Rule, parameters: usize) -> Self {
        let (mean, square) = rule.keeps();
        let zeros = |kept: bool| vec![T::zero(); if kept { parameters } else { 0 }];
        Self { rule, mean: zeros(mean), square: zeros(square), powers: [1.0; 2] }
    }

    /// Whether another optimizer, read from a file, say, has the same rule and number of parameters.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let shape = |of: &Self| (of.rule, of.mean.len(), of.square.len());
        shape(self) == shape(other)
    }

    /// One step with step size `rate`.
    ///
    /// # Panics
    /// If the slices have other lengths than the optimizer was made for.
    pub fn step(&mut self, parameters: &mut [T], gradient: &[T], rate: f64) {
        let (mean, square) = self.rule.keeps();
        for (kept, memory) in [(mean, &self.mean), (square, &self.square)] {
            assert!(!kept || memory.len() == parameters.len(), "another network's parameters");
        }
        assert_eq!(gradient.len(), parameters.len(), "another network's gradient");
        if let Rule::Adam { beta1, beta2, .. } = self.rule {
            self.powers = [self.powers[0] * beta1, self.powers[1] * beta2];
        }
        let (rule, powers) = (self.rule, self.powers);
        let piece =
            ParameterPiece { parameters, gradient, mean: &mut self.mean, square: &mut self.square };
        piece.halve(&|piece| piece.step(rule, powers, rate));
    }
}

/// A range of the parameters with its gradients and running means; means that the rule does not keep
/// are empty.
struct ParameterPiece<'p, T> {
    parameters: &'p mut [T],
    gradient: &'p [T],
    mean: &'p mut [T],
    square: &'p mut [T],
}

impl<T: Real> ParameterPiece<'_, T> {
    /// Halves recursively in parallel, down to pieces of [`PARAMETERS_PER_PIECE`].
    fn halve(self, step: &(impl Fn(Self) + Sync)) {
        let length = self.parameters.len();
        if length <= PARAMETERS_PER_PIECE || rayon::current_num_threads() == 1 {
            return step(self);
        }
        let middle = length / 2;
        let (parameters, more) = self.parameters.split_at_mut(middle);
        let (gradient, more_gradient) = self.gradient.split_at(middle);
        let (mean, more_mean) = self.mean.split_at_mut(middle.min(self.mean.len()));
        let (square, more_square) = self.square.split_at_mut(middle.min(self.square.len()));
        let left = ParameterPiece { parameters, gradient, mean, square };
        let right = ParameterPiece {
            parameters: more,
            gradient: more_gradient,
            mean: more_mean,
            square: more_square,
        };
        rayon::join(|| left.halve(step), || right.halve(step));
    }

    fn step(self, rule: Rule, powers: [f64; 2], rate: f64) {
        let Self { parameters, gradient, mean, square } = self;
        match rule {
            Rule::Sgd { momentum: 0.0 } => sgd_step(parameters, gradient, T::of(rate)),
            Rule::Sgd { momentum } => momentum_step(parameters, gradient, mean, [momentum, rate]),
            Rule::RmsProp { decay, epsilon } => {
                rms_prop_step(parameters, gradient, square, [decay, epsilon, rate]);
            }
            Rule::Adam { beta1, beta2, epsilon } => {
                // The two corrections of bias are numbers: η/(1 − β₁ᵗ) and 1/√(1 − β₂ᵗ).
                let rate = rate / (1.0 - powers[0]);
                let root = (1.0 - powers[1]).sqrt().recip();
                adam_step(
                    parameters,
                    gradient,
                    [mean, square],
                    [beta1, beta2, epsilon, rate, root],
                );
            }
        }
    }
}

#[apply(simd_targets)]
fn sgd_step<T: Real>(parameters: &mut [T], gradient: &[T], rate: T) {
    for (x, &g) in parameters.iter_mut().zip(gradient) {
        *x -= rate * g;
    }
}

#[apply(simd_targets)]
fn momentum_step<T: Real>(
    parameters: &mut [T],
    gradient: &[T],
    velocity: &mut [T],
    settings: [f64; 2],
) {
    let [momentum, rate] = settings.map(T::of);
    for ((x, &g), v) in parameters.iter_mut().zip(gradient).zip(velocity) {
        *v = momentum * *v + g;
        *x -= rate * *v;
    }
}

#[apply(simd_targets)]
fn rms_prop_step<T: Real>(
    parameters: &mut [T],
    gradient: &[T],
    square: &mut [T],
    settings: [f64; 3],
) {
    let [decay, epsilon, rate] = settings.map(T::of);
    let fresh = T::of(1.0 - settings[0]);
    for ((x, &g), v) in parameters.iter_mut().zip(gradient).zip(square) {
        *v = decay * *v + fresh * g * g;
        *x -= rate * g / (v.sqrt() + epsilon);
    }
}

#[apply(simd_targets)]
fn adam_step<T: Real>(
    parameters: &mut [T],
    gradient: &[T],
    memory: [&mut [T]; 2],
    settings: [f64; 5],
) {
    let [mean, square] = memory;
    let [beta1, beta2, epsilon, rate, root] = settings.map(T::of);
    let (fresh1, fresh2) = (T::of(1.0 - settings[0]), T::of(1.0 - settings[1]));
    let memory = mean.iter_mut().zip(square);
    for ((x, &g), (m, v)) in parameters.iter_mut().zip(gradient).zip(memory) {
        *m = beta1 * *m + fresh1 * g;
        *v = beta2 * *v + fresh2 * g * g;
        *x -= rate * *m / (v.sqrt() * root + epsilon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parameters after steps with the gradients given, from 0, with η = 0.1.
    fn walk(rule: Rule, gradients: &[f64]) -> f64 {
        let mut optimizer = Optimizer::new(rule, 1);
        let mut x = [0.0];
        for &g in gradients {
            optimizer.step(&mut x, &[g], 0.1);
        }
        x[0]
    }

    fn close(x: f64, y: f64) {
        assert!((x - y).abs() < 1e-15 * y.abs().max(1.0), "{x} for {y}");
    }

    #[test]
    fn plain_and_rolling_descent() {
        close(walk(Rule::Sgd { momentum: 0.0 }, &[2.0, -1.0]), -0.1 * (2.0 - 1.0));
        // Velocities 2 and 0.9·2 − 1.
        close(walk(Rule::Sgd { momentum: 0.9 }, &[2.0, -1.0]), -0.1 * (2.0 + 0.8));
    }

    #[test]
    fn rms_prop_divides_by_the_root_mean_square() {
        let rule = Rule::RmsProp { decay: 0.75, epsilon: 0.5 };
        // v = 0.25·4 = 1, then 0.75 + 0.25 = 1.
        close(walk(rule, &[2.0]), -0.1 * 2.0 / 1.5);
        close(walk(rule, &[2.0, -1.0]), -0.1 * (2.0 - 1.0) / 1.5);
    }

    #[test]
    fn adams_first_step_has_the_size_of_the_rate() {
        for g in [1e-3, -7.0] {
            let rule = Rule::Adam { beta1: 0.9, beta2: 0.999, epsilon: 0.0 };
            close(walk(rule, &[g]), -0.1 * g.signum());
        }
        let rule = Rule::Adam { beta1: 0.5, beta2: 0.75, epsilon: 0.25 };
        // m̂ = 2, v̂ = 4; then m = 0.5 − 0.5, so the second step goes nowhere.
        close(walk(rule, &[2.0]), -0.1 * 2.0 / 2.25);
        close(walk(rule, &[2.0, -1.0]), -0.1 * 2.0 / 2.25);
        // And with g = 1: m = 1, m̂ = 4/3; v = 1, v̂ = 16/7.
        let second = 4.0 / 3.0 / (f64::sqrt(16.0 / 7.0) + 0.25);
        close(walk(rule, &[2.0, 1.0]), -0.1 * (2.0 / 2.25 + second));
    }

    #[test]
    #[should_panic(expected = "another network's parameters")]
    fn parameters_of_another_network_are_refused() {
        Optimizer::<f32>::new(Rule::ADAM, 3).step(&mut [0.0; 4], &[0.0; 4], 0.1);
    }
}
