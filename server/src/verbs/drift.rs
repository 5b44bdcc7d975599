//! `investbuddy drift`: whether one table is still like another, for any two CSV files.

pub(super) mod page;
mod table;
pub(super) mod text;

use std::path::{Path, PathBuf};

use clap::Args;
use ml::drift::{Binning, Column, Pair, Report, Role, Rules, compare};
use serde::Serialize;

use self::table::{Cells, Read};
use super::{VerbError, print};
use crate::whole_file;

/// Columns that have a role of their own in the tables that `investbuddy export` writes.
const TIME: &str = "timestamp";
const TARGET: &str = "target";
const FORECASTS: [&str; 2] = ["prediction", "prediction_proba"];

/// What to compare.
#[derive(Debug, Args)]
pub struct DriftArgs {
    /// CSV file of what was learnt from
    #[arg(long, value_name = "FILE")]
    reference: PathBuf,
    /// CSV file of what is seen now
    #[arg(long, value_name = "FILE")]
    current: PathBuf,
    /// Columns to compare, separated by commas [default: all that both files have]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    columns: Vec<String>,
    /// The column that is forecast; it does not count in the verdict [default: target, where there is one]
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// The column of times that puts rows in order [default: timestamp, where both files have it; else rows are taken
    /// to be in order]
    #[arg(long, value_name = "NAME")]
    time: Option<String>,
    /// Take rows for independent of each other and bins from both files, as Evidently does
    #[arg(long)]
    like_evidently: bool,
    /// Print the whole report as JSON
    #[arg(long)]
    json: bool,
    /// Write the report as one HTML file that opens without a network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// A comparison with what must be known to read it.
#[derive(Debug, Serialize)]
struct Comparison {
    reference: Source,
    current: Source,
    /// Columns that were not compared.
    left_out: Vec<LeftOut>,
    /// Cells that could not be read as what the rest of their column is, and the like.
    notes: Vec<String>,
    report: Report,
}

#[derive(Debug, Serialize)]
struct Source {
    file: String,
    rows: usize,
}

#[derive(Debug, Serialize)]
struct LeftOut {
    column: String,
    why: String,
}

impl LeftOut {
    fn new(column: &str, why: impl Into<String>) -> Self {
        Self { column: column.to_owned(), why: why.into() }
    }
}

/// Compares and prints.
///
/// # Errors
/// [`VerbError`] where a file cannot be read, the files have no column in common, or the disk refuses.
pub fn run(args: &DriftArgs) -> Result<(), VerbError> {
    let time = args.time.as_deref();
    let (reference, current) =
        rayon::join(|| table::read(&args.reference, time, TIME), || table::read(&args.current, time, TIME));
    let comparison = compared(args, reference?, current?)?;
    if let Some(path) = &args.html {
        let written = whole_file::write(path, page::page(&comparison).as_bytes());
        written.map_err(|error| VerbError::because(format!("{}: {error}", path.display())))?;
    }
    if args.json {
        print(&serde_json::to_string_pretty(&comparison).map_err(VerbError::because)?);
    } else {
        print(&text::text(&comparison));
    }
    Ok(())
}

/// A column of both files.
struct Both {
    name: String,
    role: Role,
    reference: Cells,
    current: Cells,
}

fn compared(args: &DriftArgs, reference: Read, current: Read) -> Result<Comparison, VerbError> {
    let sources = [source(&args.reference, reference.rows), source(&args.current, current.rows)];
    let wanted = wanted(args, &reference, &current)?;
    let mut notes: Vec<String> = Vec::new();
    if reference.time.is_none() || current.time.is_none() {
        notes
            .push("The rows are taken to be in order of time; name the column with --time if they are not.".to_owned());
    }
    let mut left_out = Vec::new();
    for (of, other, file) in [(&reference, &current, "reference"), (&current, &reference, "current")] {
        let only = of.names().filter(|name| is_wanted(args, name) && other.position(name).is_none());
        left_out.extend(only.map(|name| LeftOut::new(name, format!("only the {file} file has it"))));
    }
    let (mut reference, mut current) = (reference, current);
    let mut both = Vec::new();
    for name in wanted {
        let (Some(of_reference), Some(of_current)) = (reference.take(&name), current.take(&name)) else { continue };
        match table::agree(&name, of_reference, of_current, &mut notes) {
            Ok((of_reference, of_current)) => {
                both.push(Both { role: role(args, &name), name, reference: of_reference, current: of_current });
            }
            Err(why) => left_out.push(LeftOut::new(&name, why)),
        }
    }
    if both.is_empty() {
        let why: Vec<String> =
            left_out.iter().map(|out| format!("{}: {}", text::short(&out.column), out.why)).collect();
        return Err(VerbError::failed(
            "No column can be compared",
            if why.is_empty() { "Both files need a column of the same name.".to_owned() } else { why.join("; ") },
        ));
    }
    let pairs: Vec<Pair<'_>> = both
        .iter()
        .map(|both| Pair {
            name: &both.name,
            role: both.role,
            reference: column(&both.reference),
            current: column(&both.current),
        })
        .collect();
    let report = compare(&pairs, &rules(args)).map_err(VerbError::because)?;
    let [reference, current] = sources;
    Ok(Comparison { reference, current, left_out, notes, report })
}

/// The names of the columns to compare, in the order of the reference; all of them are in both files.
fn wanted(args: &DriftArgs, reference: &Read, current: &Read) -> Result<Vec<String>, VerbError> {
    let asked = args.columns.iter().chain(&args.target);
    for name in asked {
        for (of, path) in [(reference, &args.reference), (current, &args.current)] {
            if of.position(name).is_none() {
                let names: Vec<&str> = of.names().map(text::short).collect();
                return Err(VerbError::Usage(format!(
                    "{} has no column {}; it has {}",
                    path.display(),
                    text::short(name),
                    names.join(", ")
                )));
            }
        }
    }
    let in_both = |name: &&str| is_wanted(args, name) && current.position(name).is_some();
    Ok(reference.names().filter(in_both).map(str::to_owned).collect())
}

fn is_wanted(args: &DriftArgs, name: &str) -> bool {
    args.columns.is_empty() || args.columns.iter().any(|column| column == name) || args.target.as_deref() == Some(name)
}

fn role(args: &DriftArgs, name: &str) -> Role {
    if name == args.target.as_deref().unwrap_or(TARGET) {
        Role::Target
    } else if FORECASTS.contains(&name) {
        Role::Forecast
    } else {
        Role::Feature
    }
}

fn rules(args: &DriftArgs) -> Rules {
    if args.like_evidently {
        Rules { binning: Binning::Evidently, serial_correlation: false, ..Rules::default() }
    } else {
        Rules::default()
    }
}

fn column(cells: &Cells) -> Column<'_> {
    match cells {
        Cells::Numbers(values) => Column::Numbers(values),
        Cells::Categories { levels, codes } => Column::Categories { levels, codes },
    }
}

fn source(path: &Path, rows: usize) -> Source {
    Source { file: path.display().to_string(), rows }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use std::fs;

    use ml::drift::Verdict;

    use super::*;

    fn args(reference: PathBuf, current: PathBuf) -> DriftArgs {
        DriftArgs {
            reference,
            current,
            columns: Vec::new(),
            target: None,
            time: None,
            like_evidently: false,
            json: false,
            html: None,
        }
    }

    /// Rows of hours, a number, a word and a target.
    fn rows(shift: u32, extra: &str) -> String {
        let row = |row: u32| {
            let (value, word) = (row * 7_919 % 1_009 + shift, ["calm", "wild"][(row * 31 % 7 / 4) as usize]);
            format!("{row},{value},{word},{},{extra}\n", row * 17 % 3 / 2)
        };
        (0..600).map(row).collect()
    }

    fn compare_texts(reference: &str, current: &str) -> Result<Comparison, VerbError> {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a.csv", "b.csv"].map(|name| folder.path().join(name));
        fs::write(&paths[0], reference).unwrap();
        fs::write(&paths[1], current).unwrap();
        let [one, other] = paths;
        let args = args(one, other);
        let read = |path: &Path| table::read(path, None, TIME);
        let (reference, current) = (read(&args.reference)?, read(&args.current)?);
        compared(&args, reference, current)
    }

    #[test]
    fn two_files_are_compared_column_by_column_and_the_verdict_comes_first() {
        let reference = format!("timestamp,volume,word,target,old\n{}", rows(0, "1"));
        let current = format!("timestamp,volume,word,target,new\n{}", rows(700, "2"));
        let comparison = compare_texts(&reference, &current).unwrap();
        let verdicts: Vec<(&str, Role, Verdict)> = comparison
            .report
            .columns
            .iter()
            .map(|column| (column.name.as_str(), column.role, column.verdict))
            .collect();
        assert_eq!(
            verdicts,
            [
                ("volume", Role::Feature, Verdict::Drifted),
                ("word", Role::Feature, Verdict::Stable),
                ("target", Role::Target, Verdict::Stable)
            ]
        );
        let left_out: Vec<&str> = comparison.left_out.iter().map(|out| out.column.as_str()).collect();
        assert_eq!(left_out, ["old", "new"]);
        assert!(text::text(&comparison).starts_with("The tables differ: 1 of 2 features drifted"));
        let json = serde_json::to_value(&comparison).unwrap();
        assert_eq!(json["report"]["verdict"], "drifted");
        assert_eq!(json["report"]["columns"][0]["tests"][0]["test"], "kolmogorov_smirnov");
        assert_eq!(json["reference"]["rows"], 600);
    }

    #[test]
    fn files_with_no_column_in_common_are_refused_and_empty_ones_have_too_few_rows() {
        let error = compare_texts("a\n1\n", "b\n1\n").err().unwrap();
        assert!(
            matches!(error, VerbError::Failed { hint: Some(hint), .. } if hint.contains("only the reference file"))
        );
        let comparison = compare_texts("a,b\n1,2\n", "a,b\n").unwrap();
        assert_eq!(comparison.report.verdict, Verdict::TooFewRows);
        assert!(text::text(&comparison).starts_with("There are too few rows to say"));
    }
}
