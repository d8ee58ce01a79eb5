//! Cold. Flags of a command line: `--name value` or `--name=value`, in any order, with errors that help.

use std::fmt;
use std::str::FromStr;

/// The arguments of a program; each is taken out by the flag that knows it.
#[derive(Debug)]
pub struct Flags {
    words: Vec<String>,
}

impl Flags {
    /// The arguments of this process, without its name.
    ///
    /// # Errors
    ///
    /// An argument that is not Unicode.
    pub fn from_env() -> Result<Self, Refused> {
        let words = std::env::args_os().skip(1).map(|word| {
            word.into_string().map_err(|word| Refused::new(&word.to_string_lossy(), "it is not Unicode text"))
        });
        Ok(Self { words: words.collect::<Result<_, _>>()? })
    }

    /// These arguments.
    pub fn new<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Self {
        Self { words: words.into_iter().map(Into::into).collect() }
    }

    /// Whether the flag `name` is given; it takes no value.
    pub fn has(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    /// The value of the flag `name`, if it is given.
    ///
    /// `accepted` completes "give ..." for the reader of the error.
    ///
    /// # Errors
    ///
    /// A flag without a value, or one that `parse` does not take.
    pub fn value<T>(
        &mut self,
        name: &str,
        accepted: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Refused> {
        let Some(text) = self.take(name, accepted)? else { return Ok(None) };
        match parse(&text) {
            Some(value) => Ok(Some(value)),
            None => Err(Refused::new(&format!("{name} {text}"), &format!("give {accepted}"))),
        }
    }

    /// Takes out the flag and the word that follows it.
    fn take(&mut self, name: &str, accepted: &str) -> Result<Option<String>, Refused> {
        let is_flag = |word: &str| word == name || assigned(word, name).is_some();
        let Some(place) = self.words.iter().position(|word| is_flag(word)) else { return Ok(None) };
        let word = self.words.remove(place);
        if let Some(value) = assigned(&word, name) {
            return Ok(Some(value.to_owned()));
        }
        if self.words.get(place).is_none_or(|next| next.starts_with("--")) {
            return Err(Refused::new(name, &format!("it has no value: give {accepted}")));
        }
        Ok(Some(self.words.remove(place)))
    }

    /// What no flag has taken, when all flags have been asked for.
    ///
    /// # Errors
    ///
    /// A flag that nobody knows, or one that is given twice. `known` are those to choose from.
    pub fn rest(self, known: &[&str]) -> Result<Vec<String>, Refused> {
        match self.words.iter().find(|word| word.starts_with('-') && *word != "-") {
            None => Ok(self.words),
            Some(word) => {
                let name = word.split('=').next().unwrap_or(word);
                let reason = match (known.contains(&name), word.contains('=')) {
                    (false, _) => "there is no such flag",
                    (true, true) => "it takes no value, or is given twice",
                    (true, false) => "it is given twice",
                };
                Err(Refused::new(name, &format!("{reason}: choose from {}", known.join(", "))))
            }
        }
    }
}

/// The value in `--name=value`.
fn assigned<'a>(word: &'a str, name: &str) -> Option<&'a str> {
    word.strip_prefix(name)?.strip_prefix('=')
}

/// A number within `range`, both ends included.
pub fn within<T: FromStr + PartialOrd>(range: std::ops::RangeInclusive<T>) -> impl Fn(&str) -> Option<T> {
    move |text| text.parse().ok().filter(|number| range.contains(number))
}

/// An argument that is not accepted, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    argument: String,
    remedy: String,
}

impl Refused {
    /// `argument` as it was given, and what is wrong with it or to be given instead.
    #[must_use]
    pub fn new(argument: &str, remedy: &str) -> Self {
        Self { argument: argument.to_owned(), remedy: remedy.to_owned() }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not accepted: {} (--help shows all flags)", self.argument, self.remedy)
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: &str = "a whole number from 20 to 86400, such as --seconds 120";

    #[track_caller]
    fn seconds(words: &[&str]) -> Result<Option<u64>, String> {
        let mut flags = Flags::new(words.iter().copied());
        flags.value("--seconds", SECONDS, within(20..=86_400)).map_err(|refused| refused.to_string())
    }

    #[test]
    fn values_follow_their_flag_or_an_equals_sign() {
        assert_eq!(seconds(&["--seconds", "20"]), Ok(Some(20)));
        assert_eq!(seconds(&["x", "--seconds=86400"]), Ok(Some(86_400)));
        assert_eq!(seconds(&["--second", "20"]), Ok(None));
        assert_eq!(seconds(&[]), Ok(None));
    }

    #[test]
    fn refusals_name_flag_value_range_and_next_step() {
        for (words, named) in [
            (&["--seconds", "19"][..], "--seconds 19"),
            (&["--seconds", "86401"], "--seconds 86401"),
            (&["--seconds=soon"], "--seconds soon"),
            (&["--seconds", "-1"], "--seconds -1"),
            (&["--seconds="], "--seconds "),
        ] {
            let expected = format!("{named} is not accepted: give {SECONDS} (--help shows all flags)");
            assert_eq!(seconds(words), Err(expected));
        }
        assert!(seconds(&["--seconds"]).unwrap_err().contains("has no value"));
        assert!(seconds(&["--seconds", "--rps"]).unwrap_err().contains("has no value"));
    }

    #[test]
    fn what_nobody_took_is_left_over_or_refused() {
        let known = ["--seconds"];
        let mut flags = Flags::new(["a.log", "--quiet", "-"]);
        assert!(flags.has("--quiet") && !flags.has("--quiet"));
        assert_eq!(flags.rest(&known), Ok(vec!["a.log".to_owned(), "-".to_owned()]));
        let unknown = Flags::new(["--sekonds=5"]).rest(&known).unwrap_err().to_string();
        assert!(
            unknown.starts_with("--sekonds is not accepted: there is no such flag: choose from --seconds")
        );
        let twice = Flags::new(["--seconds"]).rest(&known).unwrap_err().to_string();
        assert!(twice.contains("given twice"), "{twice}");
    }
}
