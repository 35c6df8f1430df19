//! What must hold of every answer, and how failures are counted and told.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use deblais::seed::{Seed, Stream};
use num_traits::ToPrimitive as _;

use crate::answers::{Answer, Answers, NoAnswer, Promise};
use crate::enclosure;
use crate::exact::{Dyadic, Interval, Truth};
use crate::instances::{Base, Ground, Instance, Masses, Table};

/// Instances in all, without further notice; `DEBLAIS_STRESS` says how many otherwise.
const INSTANCES: f64 = 60_000.0;

/// Failures of a kind that are told in full.
const TOLD: u64 = 1;

/// Answers left without proof that are told.
const OPEN_TOLD: u64 = 3;

/// The costs of an instance.
pub(crate) fn costs(instance: &Instance) -> Vec<Vec<Interval>> {
    match &instance.table {
        Table::Matrix(matrix) => matrix
            .iter()
            .map(|row| row.iter().map(|&c| Interval::exactly(Dyadic::of(c))).collect())
            .collect(),
        Table::Points { x, y, ground } => {
            let row = |x: &Vec<f64>| y.iter().map(|y| enclosure::cost(ground, x, y)).collect();
            x.iter().map(row).collect()
        }
    }
}

/// The optimum of an instance, and an optimal plan rounded to `f64`.
pub(crate) fn truth(instance: &Instance, costs: &[Vec<Interval>]) -> (Truth, Vec<Vec<f64>>) {
    let exactly = |masses: &Masses| masses.weights().into_iter().map(Dyadic::of).collect();
    let (source, target): (Vec<_>, Vec<_>) = (exactly(&instance.source), exactly(&instance.target));
    let total = match &instance.source {
        Masses::Stored(_) => Dyadic::sum(&source),
        Masses::Uniform(_) | Masses::Normalized(_) => Dyadic::new(1, 0),
    };
    Truth::of(&source, &target, &total, costs)
}

/// The relative gap up to which an answer is called optimal.
const OPTIMAL: f64 = 1e-9;

/// Optima between these are found to nine digits: beyond, costs times masses may leave the range of
/// `f64`, and rounding outward is all that can be asked for.
const LEAST: f64 = 1e-290;
const MOST: f64 = 1e300;

/// What is wrong with an answer.
pub(crate) fn faults(
    instance: &Instance,
    truth: &Truth,
    is_nonnegative: bool,
    answer: &Answer,
) -> Vec<&'static str> {
    let &Answer { lower, upper, gap, relative_gap, optimal, promise, .. } = answer;
    if [lower, upper, gap, relative_gap].iter().any(|x| x.is_nan()) {
        return vec!["a NaN"];
    }
    let unbounded = upper == f64::INFINITY;
    let is_plain_problem = !is_cosine(instance) && instance.has_masses_of_one_scale();
    let is_best = promise == Promise::Optimum && is_nonnegative && is_plain_problem;
    // A distance below the range leaves nothing to a power below 1 of it.
    let in_range = truth.is_above(LEAST.powf(least_power(instance))) && !truth.is_above(MOST);
    let is_identical = instance.is_identical() && promise == Promise::Optimum;
    let is_plain = (LEAST..MOST).contains(&upper.abs());
    let is_crossed = lower > upper;
    let is_other = !is_crossed && gap != upper - lower && gap != (upper - lower).next_up();
    let is_narrow = is_within(lower, upper, OPTIMAL);
    [
        (truth.is_below(lower), "lower above the truth"),
        (truth.is_above(upper), "upper below the truth"),
        (is_crossed, "lower above upper"),
        (gap < 0.0, "a negative gap"),
        (!unbounded && is_other, "another gap"),
        (is_nonnegative && lower < 0.0, "lower below 0"),
        (is_identical && (lower, upper) != (0.0, 0.0), "identical clouds, not 0 and 0"),
        (optimal == Some(true) && !is_narrow, "called optimal with a wide gap"),
        (
            optimal == Some(false) && is_plain && is_within(lower, upper, 0.99 * OPTIMAL),
            "not called optimal with a narrow gap",
        ),
        (is_best && in_range && truth.is_far_below(upper, OPTIMAL), "not the optimum"),
    ]
    .into_iter()
    .filter_map(|(is_so, fault)| is_so.then_some(fault))
    .collect()
}

/// The power that the ground cost takes of a distance, if that is below 1.
fn least_power(instance: &Instance) -> f64 {
    match &instance.table {
        Table::Points { ground, .. } => ground.power.unwrap_or(1.0).min(1.0),
        Table::Matrix(_) => 1.0,
    }
}

/// The cosine of two nearly equal directions is known to an absolute error only, however small the
/// cost may be: its plans need not be the best.
fn is_cosine(instance: &Instance) -> bool {
    matches!(&instance.table, Table::Points { ground: Ground { base: Base::Cosine, .. }, .. })
}

/// Whether bounds differ by at most this share of the upper one, exactly.
fn is_within(lower: f64, upper: f64, share: f64) -> bool {
    if !(lower.is_finite() && upper.is_finite()) {
        return false;
    }
    let (lower, upper) = (Dyadic::of(lower), Dyadic::of(upper));
    &upper - &lower <= &upper.abs() * &Dyadic::of(share)
}

/// The failures of a family.
pub(crate) struct Tally {
    family: &'static str,
    instances: u64,
    answers: u64,
    refused: BTreeMap<String, u64>,
    /// Answers that are owed the optimum and not called optimal, of how many.
    unproved: (u64, u64),
    /// The first few of them.
    open: String,
    failures: BTreeMap<(String, &'static str), u64>,
    told: String,
}

impl Tally {
    /// Answers to instances of a family: `share` of all instances. Where costs are ≥ 0, no more than
    /// `open` of the answers of exact methods may be left without proof.
    pub(crate) fn run(
        family: &'static str,
        (share, open): (f64, f64),
        draw: impl Fn(&mut Stream) -> Instance,
        answer: impl Fn(&Instance, &[Vec<f64>], &mut Stream) -> Answers,
    ) {
        let asked = std::env::var("DEBLAIS_STRESS").ok().map(|count| count.parse().unwrap());
        let count = (share * asked.unwrap_or(INSTANCES)).ceil().to_u64().expect("a count");
        let mut tally = Self {
            family,
            instances: 0,
            answers: 0,
            refused: BTreeMap::new(),
            unproved: (0, 0),
            open: String::new(),
            failures: BTreeMap::new(),
            told: String::new(),
        };
        for seed in 0..count {
            let mut stream = Seed(seed).stream(family);
            let instance = draw(&mut stream);
            let costs = costs(&instance);
            let (truth, best) = truth(&instance, &costs);
            let is_nonnegative = !costs.iter().flatten().any(|cost| cost.low.is_negative());
            tally.instances += 1;
            for answer in answer(&instance, &best, &mut stream) {
                tally.judge(seed, &instance, &truth, is_nonnegative, answer);
            }
        }
        tally.conclude(open);
    }

    fn judge(
        &mut self,
        seed: u64,
        instance: &Instance,
        truth: &Truth,
        is_nonnegative: bool,
        answer: Result<Answer, NoAnswer>,
    ) {
        match answer {
            Ok(answer) => {
                self.answers += 1;
                if answer.promise == Promise::Optimum && is_nonnegative && !is_cosine(instance) {
                    self.unproved.1 += 1;
                    if answer.optimal != Some(true) {
                        self.leave_open(seed, instance, truth, &answer);
                    }
                }
                for fault in faults(instance, truth, is_nonnegative, &answer) {
                    let Answer { lower, upper, gap, optimal, given, .. } = &answer;
                    let bracket =
                        format!("{lower:?} … {upper:?}, gap {gap:?}, optimal: {optimal:?}");
                    let what = format!("{bracket}\ntruth {truth}\n{given}");
                    let kind = answer.method.split(", potentials").next().unwrap_or_default();
                    self.fail(seed, instance, (&answer.method, kind), fault, &what);
                }
            }
            Err(NoAnswer::Refused(why)) => {
                let kind = why.split(|c: char| c.is_ascii_digit()).next().unwrap_or_default();
                *self.refused.entry(kind.to_owned()).or_default() += 1;
            }
            Err(NoAnswer::Panic(what)) => {
                let method = what.split(':').next().unwrap_or_default().to_owned();
                self.fail(seed, instance, (&method, &method), "a panic", &what);
            }
        }
    }

    fn leave_open(&mut self, seed: u64, instance: &Instance, truth: &Truth, answer: &Answer) {
        self.unproved.0 += 1;
        if self.unproved.0 <= OPEN_TOLD {
            let Answer { method, lower, upper, .. } = answer;
            let what = format!("seed {seed}, {method}: {lower:?} … {upper:?}, truth {truth}");
            writeln!(self.open, "{what}\n{instance:?}").expect("a string takes everything");
        }
    }

    fn fail(
        &mut self,
        seed: u64,
        instance: &Instance,
        (method, kind): (&str, &str),
        fault: &'static str,
        what: &str,
    ) {
        let count = self.failures.entry((kind.to_owned(), fault)).or_default();
        *count += 1;
        if *count <= TOLD {
            let family = self.family;
            writeln!(
                self.told,
                "\n{fault} ({method}; {family}, seed {seed}):\n{instance:?}\n{what}"
            )
            .expect("a string takes everything");
        }
    }

    fn conclude(self, most_open: f64) {
        let Self { family, instances, answers, refused, unproved, open: examples, failures, told } =
            self;
        let mut counts = String::new();
        for ((method, fault), count) in &failures {
            writeln!(counts, "{count:7}  {fault}: {method}").expect("a string takes everything");
        }
        let (open, exact) = unproved;
        eprintln!(
            "{family}: {instances} instances, {answers} answers, {open} of {exact} exact ones not \
             proved, refused: {refused:?}"
        );
        let wrong: u64 = failures.values().sum();
        assert!(failures.is_empty(), "{family}: {wrong} failures\n{told}\n{counts}");
        assert!(
            open as f64 <= most_open * exact as f64,
            "{family}: {open} of {exact} not proved, such as\n{examples}"
        );
    }
}
