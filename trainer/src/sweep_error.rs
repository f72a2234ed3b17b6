//! What can go wrong with a sweep.

use run::experiment::ExperimentError;
use std::path::PathBuf;

/// Why a sweep cannot be made, in one readable line each.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// A file in the place of the results' folder.
    #[error("{path} is a file, and results are kept in a folder: --out DIR names one")]
    NoFolder {
        /// The file.
        path: PathBuf,
    },
    /// Results of something else, where these are to be written.
    #[error("{path} is there already, and no sweep has written it: --out DIR names another folder")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The spec is no experiment.
    #[error("{path}, line {line}: {message}")]
    Spec {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A file that the spec names cannot be read.
    #[error("{path}: {place}: the file {file} cannot be read: {source}")]
    Text {
        /// The spec.
        path: PathBuf,
        /// Where it names the file.
        place: String,
        /// The file.
        file: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// Some runs failed; the results of all are written.
    #[error(
        "{failed} of {all} runs failed: {reasons}. The results of the others are as they should be; the column fault of {table} \
         says which failed"
    )]
    Failed {
        /// How many.
        failed: usize,
        /// Of how many.
        all: usize,
        /// Why, and how many for each reason.
        reasons: String,
        /// The table of all runs.
        table: PathBuf,
    },
    /// The experiment cannot be run.
    #[error("{path}: {error}")]
    Experiment {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: Box<ExperimentError>,
    },
    /// The folder holds results of another spec.
    #[error("{folder} holds results of another spec; choose another folder with --out, or remove this one")]
    Changed {
        /// The folder.
        folder: PathBuf,
    },
    /// Somebody else is at it.
    #[error("another sweep writes to {folder} at the moment")]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// The journal is not what a sweep writes.
    #[error("{path}, line {line}: {message}; remove the file to begin anew")]
    Journal {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The Parquet file cannot be written.
    #[error("{path}: {error}")]
    Parquet {
        /// The file.
        path: PathBuf,
        /// The library's words.
        error: parquet::errors::ParquetError,
    },
    /// The CSV file cannot be written.
    #[error("{path}: {error}")]
    Csv {
        /// The file.
        path: PathBuf,
        /// The library's words.
        error: csv::Error,
    },
}
