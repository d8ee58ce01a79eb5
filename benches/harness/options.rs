//! Cold. Flags that the benches of this folder share.

use std::env;
use std::time::Duration;

/// How long and how much to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// Rounds per group.
    pub rounds: usize,
    /// Aim for the time of one thread in one batch.
    pub batch: Duration,
    /// Only groups whose name contains this.
    pub only: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { rounds: 31, batch: Duration::from_millis(5), only: None }
    }
}

/// Whether this is `cargo bench`; `cargo test --all-targets` starts benches too, and means only that they build.
#[must_use]
pub fn is_bench() -> bool {
    env::args().any(|arg| arg == "--bench")
}

impl Options {
    /// Reads `--rounds N`, `--quick` and `--only GROUP`; what cargo itself passes is ignored.
    ///
    /// # Errors
    ///
    /// The flag that is unknown or lacks its value, with the flags that exist.
    pub fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        const USAGE: &str = "flags: --rounds N, --quick, --only GROUP";
        let mut options = Self::default();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--bench" => {}
                "--quick" => options.rounds = 5,
                "--rounds" => {
                    let value = args.next().ok_or_else(|| format!("--rounds needs a number; {USAGE}"))?;
                    options.rounds = value.parse().map_err(|e| format!("--rounds {value}: {e}; {USAGE}"))?;
                }
                "--only" => {
                    options.only = Some(args.next().ok_or_else(|| format!("--only needs a group; {USAGE}"))?);
                }
                other => return Err(format!("unknown flag {other}; {USAGE}")),
            }
        }
        Ok(options)
    }

    /// Whether the group was asked for.
    #[must_use]
    pub fn wants(&self, group: &str) -> bool {
        self.only.as_deref().is_none_or(|only| group.contains(only))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::from_args(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn flags_are_read_and_unknown_ones_named() {
        assert_eq!(parse("--bench --rounds 7").unwrap().rounds, 7);
        assert!(parse("--only labels").unwrap().wants("labels"));
        assert!(!parse("--only labels").unwrap().wants("record"));
        assert!(parse("--fast").unwrap_err().starts_with("unknown flag --fast"));
        assert!(parse("--rounds").unwrap_err().starts_with("--rounds needs a number"));
    }
}
