//! A password strength estimate with bounded cost.

use std::collections::HashSet;

use zxcvbn::Score;

/// The number of characters of a password that are examined. Only the beginning of a longer password
/// counts.
const MAX_EXAMINED_CHARS: usize = 40;

/// The maximum number of words of user data that are passed to zxcvbn.
const MAX_USER_WORDS: usize = 16;

/// The characters that zxcvbn interprets as substitutes of letters.
///
/// For each combination of letters, up to 800, zxcvbn looks up all parts of the password in its
/// dictionaries.
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

/// The approximate maximum number of combinations of substitutes.
///
/// zxcvbn tries up to twice as many, because some characters are substitutes of two letters.
const MAX_COMBINATIONS: usize = 64;

/// Returns true if a password can be guessed within a million attempts. `user_words` are words about the
/// user, such as the parts of the email address.
///
/// Takes at most about as long as a hash of the password.
pub(super) fn is_guessable(password: &str, user_words: &[&str]) -> bool {
    let user_words = &user_words[..user_words.len().min(MAX_USER_WORDS)];
    zxcvbn::zxcvbn(&bounded(password), user_words).score() < Score::Two
}

/// Returns the beginning of the password, with a bounded number of combinations of substitutes.
///
/// Excess substitute characters are replaced with characters that are not substitutes. Passwords that consist
/// of words do not have so many of them.
fn bounded(password: &str) -> String {
    let mut kept = HashSet::new();
    let mut bounded = String::new();
    for character in password.chars().take(MAX_EXAMINED_CHARS) {
        if kept.insert(character) && combinations(&kept) > MAX_COMBINATIONS {
            kept.remove(&character);
        }
        let replacement = || {
            let private_use = 0xE000 + u32::from(character);
            char::from_u32(private_use).unwrap_or(character)
        };
        let is_kept = kept.contains(&character);
        bounded.push(if is_kept { character } else { replacement() });
    }
    bounded
}

/// Returns the number of combinations: the product of the numbers of substitutes of each letter.
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
    fn examines_ordinary_passwords_completely() {
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
    fn cost_is_bounded_for_crafted_passwords() {
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
            assert!(bounded.chars().count() <= MAX_EXAMINED_CHARS, "{password}");
            let characters = bounded.chars().collect();
            assert!(combinations(&characters) <= MAX_COMBINATIONS, "{password}");
            is_guessable(&password, &[]);
        }
    }

    /// Run with `cargo test --release -p mizan-auth -- --ignored --nocapture strength`.
    #[test]
    #[ignore = "prints durations without checking them"]
    fn print_cost_of_crafted_passwords() {
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
