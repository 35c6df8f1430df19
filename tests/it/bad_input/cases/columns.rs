//! Columns that are not those that were meant.

use super::Case;

const XY: (&str, &[u8]) = ("xy.csv", b"x,y\n0,10\n1,2\n");
const XYW: (&str, &[u8]) = ("xyw.csv", b"x,y,w\n0,10,1\n1,2,3\n");

/// The cases.
pub(super) const CASES: &[Case] = &[
    Case {
        name: "columns of other names",
        files: &[XY, ("map.csv", b"lon,lat\n10,0\n")],
        args: "emd xy.csv map.csv",
        code: 1,
        says: &["xy.csv has the columns x, y", "map.csv has lon, lat", "--columns 0,1"],
    },
    Case {
        name: "a column that one table has alone",
        files: &[XY, XYW],
        args: "sinkhorn xy.csv xyw.csv",
        code: 1,
        says: &["x, y, w", "matched by name", "--columns x,y", "--drop w"],
    },
    Case {
        name: "a column of masses named for one side alone",
        files: &[XYW],
        args: "certify xyw.csv xyw.csv --source-weights w --plan p.csv",
        code: 1,
        says: &["columns x, y, but xyw.csv has x, y, w", "--columns x,y"],
    },
    Case {
        name: "names that come twice in another order",
        files: &[("xxy.csv", b"x,x,y\n0,1,2\n"), ("xyx.csv", b"x,y,x\n0,1,2\n")],
        args: "emd xxy.csv xyx.csv",
        code: 1,
        says: &["x, x, y", "x, y, x", "--columns 0,1"],
    },
    Case {
        name: "pairwise: columns of other names",
        files: &[XY, XYW, ("map.csv", b"lon,lat\n10,0\n")],
        args: "pairwise xy.csv xyw.csv map.csv",
        code: 1,
        says: &["xyw.csv has x, y, w", "map.csv has lon, lat", "2 of 3 sets"],
    },
    Case {
        name: "a column to drop that no table has",
        files: &[XYW],
        args: "emd xyw.csv xyw.csv --drop wieght",
        code: 1,
        says: &["--drop", "wieght", "hint:"],
    },
    Case {
        name: "pairwise: a column to drop that no set has",
        files: &[XYW, ("b.csv", b"x,y,w\n0,10,1\n")],
        args: "pairwise xyw.csv b.csv --drop wieght",
        code: 1,
        says: &["--drop", "wieght", "hint:"],
    },
    Case {
        name: "an empty name in a list of columns to drop",
        files: &[XYW],
        args: "emd xyw.csv xyw.csv --drop w,",
        code: 2,
        says: &["--drop has an empty name", "hint:"],
    },
    Case {
        name: "all columns dropped",
        files: &[XY],
        args: "emd xy.csv xy.csv --drop x,y",
        code: 1,
        says: &["xy.csv: no column is left", "--columns"],
    },
    Case {
        name: "a range beyond the last column",
        files: &[("e.csv", b"e0,e1,e2\n1,2,3\n")],
        args: "emd e.csv e.csv --columns e0-e18446744073709551615",
        code: 1,
        says: &["e18446744073709551615", "the columns are e0, e1, e2"],
    },
    Case {
        name: "a range of positions beyond the last column",
        files: &[("e.csv", b"1.5,2,3\n")],
        args: "emd e.csv e.csv --columns 0-3",
        code: 1,
        says: &["there is no column 3", "0 to 2"],
    },
    Case {
        name: "nothing but row labels",
        files: &[("ids.csv", b"id,label\n1,2\n3,4\n")],
        args: "emd ids.csv ids.csv",
        code: 1,
        says: &["no column is left", "id, index or label", "--columns"],
    },
    Case {
        name: "a condition that no row meets",
        files: &[XY],
        args: "emd xy.csv xy.csv --source-where x=7",
        code: 1,
        says: &["xy.csv: no row has x=7", "holds 0, 1"],
    },
    Case {
        name: "a histogram of points",
        files: &[XY],
        args: "emd --hist xy.csv xy.csv",
        code: 1,
        says: &["xy.csv: 2 columns", "--hist", "--weights COLUMN"],
    },
    Case {
        name: "a histogram with negative positions",
        files: &[("line.csv", b"-1\n0\n1\n")],
        args: "sinkhorn --hist line.csv line.csv",
        code: 1,
        says: &["line.csv, line 1", "without --hist"],
    },
    Case {
        name: "histograms of other totals, one of them positions",
        files: &[("line.csv", b"0\n1\n2\n3\n"), ("counts.csv", b"1\n0\n2\n1\n")],
        args: "emd --hist line.csv counts.csv",
        code: 1,
        says: &["warning: line.csv holds the numbers of the cells", "total mass 6", "--normalize"],
    },
    Case {
        name: "a histogram and a cost matrix",
        files: &[XY],
        args: "emd --cost-matrix xy.csv --hist",
        code: 2,
        says: &["--hist"],
    },
    Case {
        name: "a grid without histograms",
        files: &[XY],
        args: "emd xy.csv xy.csv --grid xy.csv",
        code: 2,
        says: &["--hist"],
    },
    Case {
        name: "weights of a histogram",
        files: &[XY],
        args: "emd --hist xy.csv xy.csv --weights y",
        code: 2,
        says: &["--weights picks from points", "hint:"],
    },
];
