//! Pure. The names of the files in a state directory. Every other name is foreign and left alone.

/// The lock; its text tells who holds it.
pub(super) const LOCK: &str = "lock";

/// A snapshot that is being written. There is never a second one.
pub(super) const TEMPORARY: &str = "snapshot.tmp";

/// Nobody counts so far, and there is room to count on.
pub(super) const GENERATION_MAX: u64 = 1 << 62;

/// What a numbered file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// Everything up to an entry.
    Snapshot,
    /// The entries after it.
    Journal,
}

/// The name of a numbered file: `snapshot-7`, `journal-7`, or `snapshot-7.corrupt-1763683200` when it was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) role: Role,
    pub(super) generation: u64,
    /// When it was set aside, in seconds since 1970.
    pub(super) aside_unix_s: Option<u64>,
}

impl Name {
    pub(super) const fn snapshot(generation: u64) -> Self {
        Self { role: Role::Snapshot, generation, aside_unix_s: None }
    }

    pub(super) const fn journal(generation: u64) -> Self {
        Self { role: Role::Journal, generation, aside_unix_s: None }
    }

    /// The same file, set aside.
    pub(super) const fn aside(self, unix_s: u64) -> Self {
        Self { aside_unix_s: Some(unix_s), ..self }
    }

    pub(super) fn text(self) -> String {
        let role = match self.role {
            Role::Snapshot => "snapshot",
            Role::Journal => "journal",
        };
        match self.aside_unix_s {
            None => format!("{role}-{}", self.generation),
            Some(unix_s) => format!("{role}-{}.corrupt-{unix_s}", self.generation),
        }
    }

    /// `None` for a name that [`text`](Self::text) would not write.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (role, rest) = text.split_once('-')?;
        let role = match role {
            "snapshot" => Role::Snapshot,
            "journal" => Role::Journal,
            _ => return None,
        };
        let (generation, aside) = match rest.split_once(".corrupt-") {
            None => (rest, None),
            Some((generation, unix_s)) => (generation, Some(unix_s.parse().ok()?)),
        };
        let generation = generation.parse().ok()?;
        let name = Self { role, generation, aside_unix_s: aside };
        (generation <= GENERATION_MAX && name.text() == text).then_some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for (name, text) in [
            (Name::snapshot(0), "snapshot-0"),
            (Name::journal(1 << 62), "journal-4611686018427387904"),
            (Name::snapshot(7).aside(1_763_683_200), "snapshot-7.corrupt-1763683200"),
        ] {
            assert_eq!(name.text(), text);
            assert_eq!(Name::parse(text), Some(name));
        }
    }

    #[test]
    fn other_names_are_foreign() {
        for text in [
            "",
            "-",
            "lock",
            "snapshot.tmp",
            "snapshot",
            "snapshot-",
            "snapshot-07",
            "snapshot-+7",
            "Snapshot-7",
            "snapshot-7.bak",
            "snapshot-4611686018427387905",
            "snapshot-18446744073709551616",
            "journal-7.corrupt-",
            "journal-7.corrupt-07",
            "journal--7",
            "snapshot-7.corrupt-1.corrupt-2",
        ] {
            assert_eq!(Name::parse(text), None, "{text}");
        }
    }
}
