//! Global flags and the environment; the only place that reads environment variables.

use clap::Args;

#[derive(Debug, Default, Args)]
pub struct GlobalFlags {
    /// Write results as table, plain (TSV), json or jsonl
    #[arg(long, global = true, value_name = "FORMAT")]
    pub format: Option<String>,
    /// Short for --format json
    #[arg(long, global = true)]
    pub json: bool,
    /// Columns or keys to show, comma-separated
    #[arg(long, global = true, value_name = "A,B,C", value_delimiter = ',')]
    pub fields: Option<Vec<String>>,
    /// Read this config file
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<std::path::PathBuf>,
    /// Refuse everything that changes something at a provider
    #[arg(long, global = true)]
    pub read_only: bool,
}
