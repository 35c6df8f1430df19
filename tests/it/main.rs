//! Tests of the library and of the command from outside, in one executable.

mod bad_input;
mod cli;
mod clouds;
mod critic;
mod f_divergences;
mod fuzz_replay;
mod gan;
mod layers;
mod nn;
mod pages;
mod persistence;
mod sinkhorn;
mod sinkhorn_divergence;
mod solvers;
mod unbalanced;
