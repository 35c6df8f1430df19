//! The table of faults, by what was asked for.

mod arcs;
mod barycenter;
mod columns;
mod diagrams;
mod divergence;
mod entropic;
mod files;
mod hostile;
mod pairwise;
mod range;
mod studies;
mod transport;
mod two_sample;

pub(crate) use files::BAD_ARRAYS;

/// One bad run.
pub(crate) struct Case {
    /// Name of the fault.
    pub(crate) name: &'static str,
    /// Files to make.
    pub(crate) files: &'static [(&'static str, &'static [u8])],
    /// Arguments, separated by blanks.
    pub(crate) args: &'static str,
    /// Exit code.
    pub(crate) code: i32,
    /// What stderr must say.
    pub(crate) says: &'static [&'static str],
}

const GOOD: (&str, &[u8]) = ("good.csv", b"x,y,w,label\n0,0,1,a\n1,0,2,a\n0,1,1,b\n");
const LINE: (&str, &[u8]) = ("line.csv", b"0\n1\n2\n");

/// Every fault there is a test for.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    [
        files::CASES,
        transport::CASES,
        arcs::CASES,
        pairwise::CASES,
        barycenter::CASES,
        range::CASES,
        entropic::CASES,
        divergence::CASES,
        studies::CASES,
        columns::CASES,
        diagrams::CASES,
        hostile::CASES,
        two_sample::CASES,
    ]
    .into_iter()
    .flatten()
}
