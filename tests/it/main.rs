//! Tests of the library and of the command from outside, in one executable.

mod bad_input;
mod barycenter;
mod cli;
mod clouds;
mod critic;
mod f_divergences;
mod forbidden_arcs;
mod fuzz_replay;
mod gan;
mod gradient;
mod layers;
mod nn;
mod pages;
mod persistence;
mod sinkhorn;
mod sinkhorn_divergence;
mod solvers;
mod two_sample;
mod unbalanced;
