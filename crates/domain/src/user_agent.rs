//! A user agent in words for mails and pages.
//!
//! Anybody can send any user agent and thereby write to whoever reads it: nothing of it is repeated but known
//! names, a short version, and at most one word.

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

/// The parts of a user agent that may be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Described {
    /// `Firefox 131`, or the name of a program that is no browser: letters, digits and hyphens.
    pub program: Option<String>,
    /// `Windows`, one of a few known names.
    pub system: Option<&'static str>,
}

impl Described {
    /// Describes `user_agent`.
    pub fn of(user_agent: &str) -> Self {
        let program = match user_agent.strip_prefix("Mozilla/") {
            Some(claims) => browser(claims),
            None => word(user_agent),
        };
        Self { program, system: system(user_agent) }
    }
}

/// `Firefox 131 on Windows`, or `curl`. None if there is nothing that may be repeated.
pub fn in_words(user_agent: &str) -> Option<String> {
    let Described { program, system } = Described::of(user_agent);
    let is_browser = user_agent.starts_with("Mozilla/");
    match (program, system.filter(|_| is_browser)) {
        (Some(browser), Some(system)) => Some(format!("{browser} on {system}")),
        (None, Some(system)) => Some(format!("a browser on {system}")),
        (program, None) => program,
    }
}

fn system(user_agent: &str) -> Option<&'static str> {
    // Programs that are no browsers write these names as they like.
    let said = user_agent.to_ascii_lowercase();
    SYSTEMS.iter().find(|(mark, _)| said.contains(&mark.to_ascii_lowercase())).map(|(_, system)| *system)
}

fn browser(claims: &str) -> Option<String> {
    BROWSERS.iter().find_map(|(mark, name)| {
        let (_, version) = claims.split_once(mark)?;
        Some(match major(version) {
            Some(major) => format!("{name} {major}"),
            None => (*name).to_owned(),
        })
    })
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
    fn a_program_and_its_system_are_told_apart() {
        for (user_agent, program, system) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Firefox/131.0", Some("Firefox 131"), Some("Linux")),
            ("keywright-cli/0.1.0 (linux)", Some("keywright-cli"), Some("Linux")),
            ("Mozilla/5.0 (Windows NT 10.0)", None, Some("Windows")),
            ("curl/8.5.0", Some("curl"), None),
            ("", None, None),
        ] {
            let described = Described::of(user_agent);
            assert_eq!((described.program.as_deref(), described.system), (program, system), "{user_agent}");
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
