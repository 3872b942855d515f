//! What a user agent says in words that may stand in a mail.
//!
//! Anybody can send any user agent and thereby write to the recipient of a mail: nothing of it is repeated but
//! known names, a short version, and at most one word.

/// What stands in the user agent of each browser, most particular first: all of them claim to be others.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// The longest word of a program that is not a browser.
const WORD: usize = 24;

/// The longest version: more digits than these could pass for a code.
const VERSION: usize = 4;

/// `Firefox 131 on Windows`, or `curl`. None if there is nothing that may be repeated.
pub(crate) fn in_words(user_agent: &str) -> Option<String> {
    match user_agent.strip_prefix("Mozilla/") {
        Some(claims) => browser(claims),
        None => word(user_agent),
    }
}

fn browser(claims: &str) -> Option<String> {
    let system = SYSTEMS.iter().find(|(mark, _)| claims.contains(mark)).map(|(_, system)| *system);
    let browser = BROWSERS.iter().find_map(|(mark, name)| {
        let (_, version) = claims.split_once(mark)?;
        Some(match major(version) {
            Some(major) => format!("{name} {major}"),
            None => (*name).to_owned(),
        })
    });
    match (browser, system) {
        (Some(browser), Some(system)) => Some(format!("{browser} on {system}")),
        (Some(browser), None) => Some(browser),
        (None, Some(system)) => Some(format!("a browser on {system}")),
        (None, None) => None,
    }
}

fn major(version: &str) -> Option<&str> {
    let digits = version.split(|c: char| !c.is_ascii_digit()).next()?;
    (1..=VERSION).contains(&digits.len()).then_some(digits)
}

/// The name of a program, without its version: letters and hyphens, so that it is neither a link nor a number.
fn word(user_agent: &str) -> Option<String> {
    let is_part = |c: &char| c.is_ascii_alphabetic() || *c == '-';
    let word: String = user_agent.chars().take_while(is_part).take(WORD).collect();
    word.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn browsers_are_known_by_what_only_they_say() {
        const GECKO: &str = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (user_agent, words) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
                "Firefox 131 on Linux",
            ),
            (
                &format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {GECKO} Chrome/129.0.0.0 Safari/537.36"),
                "Chrome 129 on Windows",
            ),
            (
                &format!(
                    "Mozilla/5.0 (Windows NT 10.0) {GECKO} Chrome/129.0.0.0 Safari/537.36 Edg/129.0.0.0"
                ),
                "Edge 129 on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.0 Safari/605.1.15",
                "Safari 18 on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari 18 on iPhone",
            ),
            (
                &format!("Mozilla/5.0 (Linux; Android 14) {GECKO} Chrome/129.0.0.0 Mobile Safari/537.36"),
                "Chrome 129 on Android",
            ),
            ("Mozilla/5.0 (Windows NT 10.0)", "a browser on Windows"),
        ] {
            assert_eq!(in_words(user_agent).as_deref(), Some(words), "{user_agent}");
        }
    }

    #[test]
    fn other_programs_are_one_word() {
        for (user_agent, word) in [
            ("curl/8.5.0", "curl"),
            ("keywright-cli/0.1.0 (linux)", "keywright-cli"),
            ("python-requests/2.31", "python-requests"),
            ("evil.com", "evil"),
            ("https://evil.example", "https"),
            (&"a".repeat(200), "aaaaaaaaaaaaaaaaaaaaaaaa"),
        ] {
            assert_eq!(in_words(user_agent).as_deref(), Some(word), "{user_agent}");
        }
    }

    #[test]
    fn what_may_not_be_repeated_is_not() {
        for user_agent in
            ["<script>alert(1)</script>", "123456", "-- ", "\u{202e}", "", "Mozilla/5.0", "Mozilla/123456"]
        {
            assert_eq!(in_words(user_agent), None, "{user_agent}");
        }
        assert_eq!(in_words("Mozilla/5.0 Firefox/123456").as_deref(), Some("Firefox"));
    }

    proptest! {
        #[test]
        fn the_words_are_letters_and_short_numbers_whatever_is_sent(
            user_agent in "(Mozilla/)?(\\PC|Firefox/[0-9]{0,9}|Linux|[0-9]{6}){0,20}",
        ) {
            let words = in_words(&user_agent).unwrap_or_default();

            prop_assert!(words.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == ' '), "{}", words);
            prop_assert!(words.split(' ').all(|word| word.len() <= VERSION || !word.contains(|c: char| c.is_ascii_digit())));
            prop_assert!(words.len() <= 40);
        }
    }
}
