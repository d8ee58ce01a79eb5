//! Pure. Words: the snake case of a name, and the known word that a misspelt one is closest to.

/// `HttpGet` as `http_get`, `HTTPGet` too; digits stay with the word before them.
pub(crate) fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| letters.get(index));
        let after = letters.get(index + 1);
        if letter.is_uppercase() && starts_word(before, after) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// An upper-case letter starts a word after a small one, and as the last of a row of capitals.
fn starts_word(before: Option<&char>, after: Option<&char>) -> bool {
    match before {
        None | Some('_') => false,
        Some(before) if before.is_uppercase() => after.is_some_and(|after| after.is_lowercase()),
        Some(_) => true,
    }
}

/// The one of `known` that at most two edits turn `word` into.
pub(crate) fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let distances = known.iter().map(|candidate| (edit_distance(word, candidate), *candidate));
    distances.min().filter(|(distance, _)| *distance <= 2).map(|(_, candidate)| candidate)
}

/// Letters to insert, delete or replace (Levenshtein), row by row.
fn edit_distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (index, letter) in left.chars().enumerate() {
        let (mut diagonal, mut before) = (index, index + 1);
        let mut cells = row.iter_mut();
        if let Some(first) = cells.next() {
            *first = before;
        }
        for (cell, other) in cells.zip(right.chars()) {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = *cell;
            before = replaced.min(diagonal + 1).min(before + 1);
            *cell = before;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_case_splits_at_capitals() {
        for (name, expected) in [
            ("Get", "get"),
            ("NotFound", "not_found"),
            ("HTTPGet", "http_get"),
            ("GetHTTP", "get_http"),
            ("V2Beta", "v2_beta"),
            ("Already_Split", "already_split"),
            ("X", "x"),
            ("", ""),
        ] {
            assert_eq!(snake_case(name), expected, "{name}");
        }
    }

    #[test]
    fn distances_count_edits() {
        for (left, right, expected) in
            [("", "", 0), ("abc", "", 3), ("", "abc", 3), ("kitten", "sitting", 3), ("name", "nmae", 2)]
        {
            assert_eq!(edit_distance(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn only_near_words_are_suggested() {
        let known = ["name", "latency", "period"];
        assert_eq!(closest("nam", &known), Some("name"));
        assert_eq!(closest("latncy", &known), Some("latency"));
        assert_eq!(closest("colour", &known), None);
    }
}
