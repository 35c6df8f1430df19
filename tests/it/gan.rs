//! Whole runs of the trainer: they can be repeated, interrupted, and they learn.

use std::ops::ControlFlow;

use deblais::certificate::Certificate;
use deblais::cost::Euclidean;
use deblais::datasets::planar;
use deblais::gan::{Checkpoint, Data, GanError, Image, Recipe, Standard, Trainer, noise_floor};
use deblais::io::{RunOptions, read_checkpoint, write_checkpoint};
use deblais::measure::DiscreteMeasure;
use deblais::problem::OtProblem;
use deblais::progress::{Event, Observer, Stop};
use deblais::seed::Seed;
use deblais::solvers::Method;
use ndarray::{Array2, ArrayView2};

/// The reference distance of the command.
#[expect(clippy::unnecessary_wraps, reason = "reference distances may fail")]
fn exact(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>) -> Result<Certificate, GanError> {
    let [a, b] = [a, b].map(|points| DiscreteMeasure::uniform(points.to_owned()).unwrap());
    let problem = OtProblem::new(&a, &b, Euclidean).unwrap();
    let solution = Method::Auto.solver(&problem).solve(&problem, &mut ()).unwrap();
    Ok(solution.certify(&problem).certificate)
}

fn law(name: &str) -> Data {
    Data::law(name, planar(name).unwrap())
}

/// 60 images of 8 × 4 pixels, with a bar across each, at the top or in the middle.
fn bars() -> Data {
    let (height, width) = (8, 4);
    let images = Array2::from_shape_fn((60, height * width), |(k, pixel)| {
        let off = pixel / width + height - 4 * (k % 2);
        if off % height < 2 { 200.0 + (k % 50) as f64 } else { (pixel * k % 5) as f64 }
    });
    let data = Data::sample("bars", images.view(), None, Standard::common).unwrap();
    data.of_images(Image { height, width, most: 255.0 })
}

/// What a recipe can learn from.
fn data_for(recipe: &Recipe) -> Data {
    if recipe.has_convolutions() { bars() } else { law("moons") }
}

/// A small recipe: quick, and its batches are cut into several blocks.
fn small(name: &str, changes: &[&str]) -> Recipe {
    let sizes =
        ["critic.width=16", "generator.width=16", "batch=200", "steps=12", "critic_steps=2"];
    let channels: &[_] = match name {
        "wgan-gp-conv" => &["critic.channels=[4, 6]", "generator.channels=[4, 6]"],
        _ => &[],
    };
    Recipe::named(name, &[&sizes, channels, changes].concat()).unwrap()
}

fn trained(recipe: &Recipe, steps: u64) -> Trainer {
    let mut trainer = Trainer::new(recipe.clone(), data_for(recipe), Seed(5)).unwrap();
    assert_eq!(trainer.train(steps, &mut ()), Ok(None));
    trainer
}

#[test]
fn a_run_that_was_interrupted_has_the_bits_of_one_that_was_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.json");
    for name in Recipe::names() {
        let recipe = match name {
            "ebgan" | "ebgan-pt" => small(name, &["pretraining=7"]),
            _ => small(name, &[]),
        };
        let whole = trained(&recipe, 12);
        let first = trained(&recipe, 5);
        write_checkpoint(&path, &first.checkpoint(), &RunOptions::default()).unwrap();
        let saved = read_checkpoint(&path.as_path().into()).unwrap();
        assert_eq!(saved.checkpoint, first.checkpoint(), "{name}: a file loses nothing");
        let mut second = Trainer::resume(saved.checkpoint, data_for(&recipe)).unwrap();
        second.train(12, &mut ()).unwrap();
        assert_eq!(second.checkpoint(), whole.checkpoint(), "{name}");
        assert_ne!(second.checkpoint(), first.checkpoint(), "{name} goes on");
    }
}

/// Stops after so many steps.
struct After(u64);

impl Observer for After {
    fn observe(&mut self, event: &Event) -> ControlFlow<Stop> {
        if event.iterations < self.0 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(Stop::Interrupted)
        }
    }
}

#[test]
fn pretraining_can_be_interrupted_too() {
    let recipe = small("ebgan", &["pretraining=9"]);
    let mut first = Trainer::new(recipe.clone(), law("moons"), Seed(5)).unwrap();
    assert_eq!(first.train(3, &mut After(4)), Ok(Some(Stop::Interrupted)));
    assert_eq!((first.checkpoint().pretrained, first.step()), (4, 0));
    let mut second = Trainer::resume(first.checkpoint(), law("moons")).unwrap();
    second.train(3, &mut ()).unwrap();
    assert_eq!(second.checkpoint(), trained(&recipe, 3).checkpoint());
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    for name in ["wgan-gp", "wgan-maxmin", "ebgan-pt", "wgan-gp-conv"] {
        let recipe = small(name, &["batch=300"]);
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| trained(&recipe, 6).checkpoint())
        };
        assert_eq!(with(1), with(3), "{name}");
    }
}

#[test]
fn seeds_make_a_difference() {
    let recipe = small("gan", &[]);
    let of = |seed| Trainer::new(recipe.clone(), law("moons"), Seed(seed)).unwrap().checkpoint();
    assert_ne!(of(1).generator, of(2).generator);
}

#[test]
fn training_brings_the_exact_distance_down() {
    let changes = ["batch=128", "steps=250", "generator.width=64", "critic.width=32", "average=20"];
    for (name, share) in [("wgan-maxmin", 0.15), ("wgan-gp", 0.25)] {
        let recipe = Recipe::named(name, &changes).unwrap();
        let mut trainer = Trainer::new(recipe, law("ring8"), Seed(1)).unwrap();
        let (before, _) = trainer.evaluate(&mut exact).unwrap();
        trainer.train(250, &mut ()).unwrap();
        let (after, scores) = trainer.evaluate(&mut exact).unwrap();
        assert!(scores.emd.is_optimal(), "the reference distance is certified");
        let floor = noise_floor(trainer.data(), &mut exact).unwrap();
        // No sample is closer to the truth than chance allows, by far.
        assert!(after.emd > 0.5 * floor);
        assert!(after.emd < share * before.emd, "{name}: {} to {}", before.emd, after.emd);
        assert_eq!(scores.modes.unwrap().of, 8);
    }
}

#[test]
fn convolutions_learn_images() {
    let rates = ["critic.rate=5e-3", "generator.rate=5e-3", "critic_steps=5"];
    let sizes = ["batch=64", "steps=600", "average=20", "latent=4"];
    let recipe = small("wgan-gp-conv", &[rates.as_slice(), &sizes].concat());
    let mut trainer = Trainer::new(recipe, bars(), Seed(1)).unwrap();
    let (before, _) = trainer.evaluate(&mut exact).unwrap();
    trainer.train(600, &mut ()).unwrap();
    let (after, scores) = trainer.evaluate(&mut exact).unwrap();
    assert!(scores.emd.is_optimal() && scores.nearest.is_some());
    assert!(after.emd < 0.5 * before.emd, "{} to {}", before.emd, after.emd);
}

/// The mean energy of held-out true points.
fn mean_energy(trainer: &Trainer) -> f64 {
    let values = trainer.critic_values(&trainer.data().truth(500));
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn convolutions_of_an_autoencoder_learn_to_copy_images() {
    let changes =
        ["pretraining=150", "critic.channels=[4, 6]", "critic.code=3", "critic.rate=5e-3"];
    let mut trainer = Trainer::new(small("ebgan", &changes), bars(), Seed(1)).unwrap();
    let before = mean_energy(&trainer);
    trainer.train(0, &mut ()).unwrap();
    assert!(mean_energy(&trainer) < 0.5 * before, "{before} to {}", mean_energy(&trainer));
}

#[test]
fn convolutions_are_for_images() {
    let error = Trainer::new(small("wgan-gp-conv", &[]), law("moons"), Seed(1)).err().unwrap();
    assert_eq!(error, GanError::NoImages { network: "generator", dim: 2 });
}

#[test]
fn pretraining_teaches_an_autoencoder_to_copy_real_points() {
    let recipe = small("ebgan", &["pretraining=200", "critic.width=32"]);
    let mut trainer = Trainer::new(recipe, law("swissroll"), Seed(1)).unwrap();
    let before = mean_energy(&trainer);
    trainer.train(0, &mut ()).unwrap();
    assert!(mean_energy(&trainer) < 0.1 * before);
}

#[test]
fn a_run_that_diverges_says_when_and_whose_rate_is_too_high() {
    let recipe = small("gan", &["critic.rate=1e30", "schedule=constant", "steps=100"]);
    let mut trainer = Trainer::new(recipe, law("moons"), Seed(1)).unwrap();
    let error = trainer.train(100, &mut ()).unwrap_err();
    let GanError::Diverged { step, network } = error else { panic!("{error}") };
    assert!(step < 100);
    assert!(error.hint().contains(&format!("{network}.rate")), "{}", error.hint());
}

#[test]
fn a_checkpoint_goes_on_with_its_own_data_only() {
    let checkpoint = trained(&small("gan", &[]), 1).checkpoint();
    let other = Trainer::resume(checkpoint.clone(), law("ring8")).err().unwrap();
    assert!(matches!(other, GanError::OtherData { .. }));
    let mut damaged: Checkpoint = checkpoint;
    damaged.generator.parameters.pop();
    let damaged = Trainer::resume(damaged, law("moons")).err().unwrap();
    assert!(matches!(damaged, GanError::Checkpoint { .. }));
}

#[test]
fn samples_of_a_checkpoint_have_the_units_of_the_data() {
    let points = Array2::from_shape_fn((40, 3), |(i, j)| [1e6 + i as f64, 7.0, (i * i) as f64][j]);
    let data = || Data::sample("mine", points.view(), None, Standard::of).unwrap();
    let mut trainer = Trainer::new(small("wgan-lp", &[]), data(), Seed(1)).unwrap();
    trainer.train(3, &mut ()).unwrap();
    let sample = trainer.checkpoint().sample(50, &mut Seed(2).stream("sample")).unwrap();
    assert_eq!(sample.dim(), (50, 3));
    let many = trainer.checkpoint().sample(usize::MAX, &mut Seed(2).stream("sample"));
    assert!(matches!(many, Err(GanError::TooMany { .. })), "before anything is allocated");
    assert!(sample.column(0).iter().all(|x| (x - 1e6).abs() < 1e3));
    assert!(sample.column(1).iter().all(|&x| x == 7.0), "constant columns are met exactly");
    let (_, scores) = trainer.evaluate(&mut exact).unwrap();
    assert_eq!(scores.points, 10, "as many as are held out");
    assert!(scores.nearest.is_some() && scores.modes.is_none());
}
