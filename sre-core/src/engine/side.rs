//! Pure. What of an SLI is judged: all of it, or one member.

use crate::report::Label;

/// Whose objectives they are, with its labels. These do not tell: the values of a member may all be empty, as those of
/// the whole of a family are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side<'a> {
    /// Those of the SLI, of a family all members together.
    Whole(&'a [Label]),
    /// Those of a member of a family.
    Member(&'a [Label]),
}

impl Side<'_> {
    /// Names and values that no other side of the SLI has.
    pub(super) fn key(self) -> Vec<(String, String)> {
        let (Self::Whole(labels) | Self::Member(labels)) = self;
        let mut key: Vec<_> =
            labels.iter().map(|label| (label.name.to_string(), label.value.to_string())).collect();
        if matches!(self, Self::Member(_)) && labels.iter().all(|label| label.value.is_empty()) {
            // No label has an empty name.
            key.push((String::new(), String::new()));
        }
        key
    }
}
