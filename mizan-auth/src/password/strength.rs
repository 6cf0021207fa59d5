//! Estimates how easily a password is guessed, in bounded time.

use std::collections::HashSet;

use zxcvbn::Score;

/// The characters of a password that are looked at. A longer password is judged by its beginning.
const MAX_CHARACTERS: usize = 40;

/// The most words that are taken for the user's own.
const MAX_WORDS: usize = 16;

/// The letters that zxcvbn takes other characters for. It tries each combination of them, up to 800,
/// and looks all parts of the password up in its dictionaries for each.
const SUBSTITUTIONS: [(char, &str); 12] = [
    ('a', "4@"),
    ('b', "8"),
    ('c', "({[<"),
    ('e', "3"),
    ('g', "69"),
    ('i', "1!|"),
    ('l', "1|7"),
    ('o', "0"),
    ('s', "$5"),
    ('t', "+7"),
    ('x', "%"),
    ('z', "2"),
];

/// The most combinations of substitutions, about: zxcvbn tries up to twice as many, as some
/// characters stand for two letters.
const MAX_COMBINATIONS: usize = 64;

/// Returns whether a password is guessed within a million tries. `words` are the user's own, such as
/// the parts of the address.
///
/// Takes up to about as long as a hash of the password.
pub(super) fn is_guessable(password: &str, words: &[&str]) -> bool {
    let words = &words[..words.len().min(MAX_WORDS)];
    zxcvbn::zxcvbn(&bounded(password), words).score() < Score::Two
}

/// The beginning of the password, with so few characters that stand for letters that their
/// combinations are few. What has to go is replaced by a character that stands for itself alone; a
/// password that is made of words has less.
fn bounded(password: &str) -> String {
    let mut kept = HashSet::new();
    let mut bounded = String::new();
    for character in password.chars().take(MAX_CHARACTERS) {
        if kept.insert(character) && combinations(&kept) > MAX_COMBINATIONS {
            kept.remove(&character);
        }
        let stands_for_itself = || {
            let private_use = 0xE000 + u32::from(character);
            char::from_u32(private_use).unwrap_or(character)
        };
        let is_kept = kept.contains(&character);
        bounded.push(if is_kept {
            character
        } else {
            stands_for_itself()
        });
    }
    bounded
}

/// The product of how many characters stand for each letter.
fn combinations(characters: &HashSet<char>) -> usize {
    let choices = |(_, substitutes): &(char, &str)| {
        let present = substitutes.chars().filter(|it| characters.contains(it));
        present.count().max(1)
    };
    SUBSTITUTIONS.iter().map(choices).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = "4@8({[<3691!|70$5+%2";

    #[test]
    fn ordinary_passwords_are_looked_at_whole() {
        for password in [
            "correct horse battery",
            "P@$$w0rd123456789!",
            "!@#$%^&*()_+1234567890",
            "1qaz2wsx3edc4rfv5tgb",
            "k4@8x({q[<w36zr91!mv",
            "纵横字谜 puzzle",
        ] {
            assert_eq!(bounded(password), password);
        }
    }

    #[test]
    fn whatever_a_password_holds_the_price_is_bounded() {
        let crafted = [
            format!("{ALL}{}", "kqvjwmfhpdrn".repeat(9)),
            ALL.repeat(5),
            ALL.chars().rev().collect(),
            "aab".repeat(300),
            "a".repeat(1000),
            "İ".repeat(1000),
            "\u{10FFFF}".repeat(1000),
        ];
        for password in crafted {
            let bounded = bounded(&password);
            assert!(bounded.chars().count() <= MAX_CHARACTERS, "{password}");
            let characters = bounded.chars().collect();
            assert!(combinations(&characters) <= MAX_COMBINATIONS, "{password}");
            is_guessable(&password, &[]);
        }
    }

    /// cargo test --release -p mizan-auth -- --ignored --nocapture strength
    #[test]
    #[ignore = "prints times; nothing is checked"]
    fn the_price_of_crafted_passwords() {
        is_guessable("warm", &[]);
        for password in [
            "correct horse battery".to_owned(),
            format!("{ALL}{}", "kqvjwmfhpdrn".repeat(9)),
            format!("{}{ALL}", "kqvjwmfhpdrnkqvjwmfh"),
            ALL.repeat(5),
            "1|7!+@$69abcdefghijklmnopqrstuvwxyzABCDE".to_owned(),
            "1|7!+password1|7!+letmein1|7!+monkey1|7!".to_owned(),
            "aab".repeat(300),
            "aaaaaaaaaaaaaaaaaaab".repeat(2),
            "İ".repeat(1000),
        ] {
            let start = std::time::Instant::now();
            let guessable = is_guessable(&password, &["ada", "example", "com"]);
            let head: String = password.chars().take(44).collect();
            println!("{:?} {guessable} {head}", start.elapsed());
        }
    }
}
