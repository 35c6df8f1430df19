//! Training steps of small networks, for the kind `network` of this side.
//!
//! The folder holds `settings.json`, the first parameters `critic.npy` and `generator.npy`, and
//! the batches `real.npy`, `fake.npy`, `between.npy`, `noise.npy`, `more_noise.npy`, `share.npy`.
//! Requests:
//!
//! - `restart`: the first parameters again.
//! - `critic N`: N steps on f(fake) − f(real) + λ ψ(‖∇f(between)‖), means each.
//! - `generator N`: N steps on −f(G(noise)).
//! - `both N`: N times a critic step with fake = G(noise) and points between drawn by `share`, then
//!   a generator step with the other noise.
//! - `save`: writes the parameters to `critic.out.npy` and `generator.out.npy`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use deblais::nn::{
    Activation, Init, Loss, Mlp, Optimizer, PenalizedTape, Real, Rule, Tape, on_the_pool,
};
use deblais::seed::Seed;
use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate, s};
use ndarray_npy::{ReadableElement, WritableElement, write_npy};
use serde_json::{Value, json};

use crate::{Outcome, read};

const RATE: f64 = 1e-4;
const RULE: Rule = Rule::Adam { beta1: 0.5, beta2: 0.9, epsilon: 1e-8 };

/// What answers the requests.
type Answers = Box<dyn FnMut(&str) -> Outcome<Value>>;

pub(crate) fn network(folder: &Path) -> Outcome<Answers> {
    let settings: Value =
        serde_json::from_reader(std::fs::File::open(folder.join("settings.json"))?)?;
    if settings["precision"] == "f64" {
        serve::<f64>(folder.to_owned(), settings)
    } else {
        serve::<f32>(folder.to_owned(), settings)
    }
}

fn serve<T: Real + ReadableElement + WritableElement>(
    folder: PathBuf,
    settings: Value,
) -> Outcome<Answers> {
    let mut game = Game::<T>::new(&folder, &settings)?;
    Ok(Box::new(move |request| {
        let (name, steps) = request.split_once(' ').unwrap_or((request, "1"));
        let step: fn(&mut Game<T>) -> f64 = match name {
            "critic" => Game::critic_step,
            "generator" => Game::generator_step,
            "both" => Game::both_steps,
            "restart" => {
                game = Game::new(&folder, &settings)?;
                return Ok(json!({}));
            }
            "save" => {
                for (name, player) in [("critic", &game.critic), ("generator", &game.generator)] {
                    let parameters = Array1::from(player.network.parameters().to_vec());
                    write_npy(folder.join(format!("{name}.out.npy")), &parameters)?;
                }
                return Ok(json!({}));
            }
            _ => return Err(format!("no request {request}").into()),
        };
        let steps: u32 = steps.parse()?;
        let (start, busy) = (Instant::now(), busy_seconds()?);
        let mut loss = 0.0;
        for _ in 0..steps {
            loss = on_the_pool(|| step(&mut game));
        }
        let seconds = start.elapsed().as_secs_f64() / f64::from(steps);
        let busy = (busy_seconds()? - busy) / f64::from(steps);
        Ok(json!({ "seconds": seconds, "busy": busy, "loss": loss }))
    }))
}

/// Seconds of the CPU that all threads took.
fn busy_seconds() -> Outcome<f64> {
    let mut nanoseconds = 0.0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let times = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += times.split(' ').next().ok_or("no time")?.parse::<f64>()?;
    }
    Ok(nanoseconds * 1e-9)
}

/// A network that is trained.
struct Player<T> {
    network: Mlp<T>,
    gradient: Vec<T>,
    optimizer: Optimizer<T>,
}

/// Two networks, the batches, and room for all that a step computes.
struct Game<T> {
    critic: Player<T>,
    generator: Player<T>,
    penalty: Box<dyn Fn(f64) -> (f64, f64) + Send + Sync>,
    /// Real points above generated ones.
    points: Array2<T>,
    between: Array2<T>,
    noise: [Array2<T>; 2],
    share: Array1<T>,
    by_outputs: Array2<T>,
    tape: PenalizedTape<T>,
    generator_tape: Tape<T>,
    judge_tape: Tape<T>,
}

impl<T: Real + ReadableElement> Game<T> {
    fn new(folder: &Path, settings: &Value) -> Outcome<Self> {
        let critic = Player::new(folder, "critic", settings)?;
        let generator = Player::new(folder, "generator", settings)?;
        let (real, fake): (Array2<T>, Array2<T>) = (read(folder, "real")?, read(folder, "fake")?);
        let batch = real.nrows();
        let weight = settings["lambda"].as_f64().ok_or("lambda")? / batch as f64;
        let one_sided = settings["one_sided"].as_bool().ok_or("one_sided")?;
        Ok(Self {
            penalty: Box::new(move |norm| {
                let excess = if one_sided { (norm - 1.0).max(0.0) } else { norm - 1.0 };
                (weight * excess * excess, 2.0 * weight * excess)
            }),
            tape: PenalizedTape::new(&critic.network, 2 * batch, batch),
            generator_tape: Tape::new(&generator.network, batch),
            judge_tape: Tape::new(&critic.network, batch),
            points: concatenate(Axis(0), &[real.view(), fake.view()])?,
            between: read(folder, "between")?,
            noise: [read(folder, "noise")?, read(folder, "more_noise")?],
            share: read(folder, "share")?,
            by_outputs: Array2::zeros((2 * batch, 1)),
            critic,
            generator,
        })
    }
}

impl<T: Real> Game<T> {
    fn critic_step(&mut self) -> f64 {
        let Player { network, gradient, optimizer } = &mut self.critic;
        let outputs = self.tape.forward(network, self.points.view(), self.between.view());
        let outputs = outputs.as_slice().expect("one column");
        let by_outputs = self.by_outputs.as_slice_mut().expect("one column");
        let batch = outputs.len() / 2;
        let (of_real, of_fake) = by_outputs.split_at_mut(batch);
        let loss = Loss::Wasserstein.real(&outputs[..batch], of_real)
            + Loss::Wasserstein.fake(&outputs[batch..], of_fake);
        gradient.fill(T::zero());
        let by_outputs = self.by_outputs.view();
        let penalty = self.tape.backward(network, by_outputs, &self.penalty, gradient);
        optimizer.step(network.parameters_mut(), gradient, RATE);
        loss + penalty
    }

    fn generator_step(&mut self) -> f64 {
        let Player { network, gradient, optimizer } = &mut self.generator;
        let points = network.forward(self.noise[1].view(), &mut self.generator_tape);
        let outputs = self.critic.network.forward(points, &mut self.judge_tape);
        let batch = outputs.nrows();
        let by_outputs = &mut self.by_outputs.as_slice_mut().expect("one column")[..batch];
        let loss = Loss::Wasserstein.real(outputs.as_slice().expect("one column"), by_outputs);
        let by_outputs = ArrayView2::from_shape((batch, 1), by_outputs).expect("one column");
        gradient.fill(T::zero());
        let by_points = self.critic.network.pull_back(by_outputs, &mut self.judge_tape);
        network.backward(by_points, &mut self.generator_tape, gradient);
        optimizer.step(network.parameters_mut(), gradient, RATE);
        loss
    }

    fn both_steps(&mut self) -> f64 {
        let fake = self.generator.network.forward(self.noise[0].view(), &mut self.generator_tape);
        let batch = fake.nrows();
        self.points.slice_mut(s![batch.., ..]).assign(&fake);
        let columns = fake.ncols();
        let (real, fake) = self.points.as_slice().expect("in order").split_at(batch * columns);
        let between = self.between.as_slice_mut().expect("in order").chunks_exact_mut(columns);
        let pairs = real.chunks_exact(columns).zip(fake.chunks_exact(columns));
        for ((between, (real, fake)), &share) in between.zip(pairs).zip(&self.share) {
            for ((between, &real), &fake) in between.iter_mut().zip(real).zip(fake) {
                *between = share * real + (T::one() - share) * fake;
            }
        }
        self.critic_step() + self.generator_step()
    }
}

impl<T: Real + ReadableElement> Player<T> {
    fn new(folder: &Path, name: &str, settings: &Value) -> Outcome<Self> {
        let widths: Vec<usize> = serde_json::from_value(settings[name].clone())?;
        let hidden = match settings["activation"].as_str().ok_or("activation")? {
            "relu" => Activation::Relu,
            "leaky" => Activation::LeakyRelu { slope: 0.2 },
            "tanh" => Activation::Tanh,
            "softplus" => Activation::Softplus,
            "maxmin" => Activation::MaxMin,
            "sort8" => Activation::GroupSort { size: 8 },
            other => return Err(format!("no activation {other}").into()),
        };
        let last = widths.len() - 1;
        let shape = |k: usize| (widths[k], if k == last { Activation::Identity } else { hidden });
        let layers: Vec<_> = (1..=last).map(shape).collect();
        let mut network = Mlp::new(widths[0], &layers, Init::He, &mut Seed(0).stream(name))?;
        let parameters: Array1<T> = read(folder, name)?;
        network.parameters_mut().copy_from_slice(parameters.as_slice().ok_or("strided")?);
        let size = network.parameters().len();
        let (gradient, optimizer) = (vec![T::zero(); size], Optimizer::new(RULE, size));
        Ok(Self { network, gradient, optimizer })
    }
}
