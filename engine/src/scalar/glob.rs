//! `like`: glob text for the whole of a text: `*` within a `/` segment, `**` over `/`, `?` one character of a segment;
//! everything else stands for itself. The time is the product of both lengths, whatever the pattern.

/// How many pattern characters need no allocation.
const SMALL: usize = 128;

/// True if the pattern stands for the whole text.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return pattern == text;
    }
    let len = pattern.chars().count().saturating_add(1);
    if len <= SMALL {
        let (mut now, mut next) = ([false; SMALL], [false; SMALL]);
        run(pattern, text, now.get_mut(..len).unwrap_or_default(), next.get_mut(..len).unwrap_or_default())
    } else {
        run(pattern, text, &mut vec![false; len], &mut vec![false; len])
    }
}

/// What a pattern character asks for.
#[derive(Clone, Copy)]
enum Token {
    /// `*`: characters of a segment.
    Star,
    /// `**`: any characters. (Its second star is a second such token, which changes nothing.)
    Stars,
    /// `?`
    One,
    /// Itself.
    Char(char),
}

/// The tokens of a pattern.
fn tokens(pattern: &str) -> impl Iterator<Item = Token> + '_ {
    let mut chars = pattern.chars().peekable();
    let mut before = false;
    std::iter::from_fn(move || {
        let c = chars.next()?;
        let star = c == '*';
        let double = star && (before || chars.peek() == Some(&'*'));
        before = star;
        Some(match c {
            '*' if double => Token::Stars,
            '*' => Token::Star,
            '?' => Token::One,
            c => Token::Char(c),
        })
    })
}

/// Follows all places of the pattern at once: `now[i]` says that the first `i` tokens fit what was read so far.
fn run(pattern: &str, text: &str, now: &mut [bool], next: &mut [bool]) -> bool {
    if let Some(first) = now.first_mut() {
        *first = true;
    }
    skip_stars(pattern, now);
    for c in text.chars() {
        next.fill(false);
        let mut any = false;
        for (i, token) in tokens(pattern).enumerate() {
            if now.get(i) != Some(&true) {
                continue;
            }
            let (stays, goes_on) = match token {
                Token::Star => (c != '/', false),
                Token::Stars => (true, false),
                Token::One => (false, c != '/'),
                Token::Char(p) => (false, p == c),
            };
            let to = if goes_on { i.saturating_add(1) } else { i };
            if (stays || goes_on)
                && let Some(slot) = next.get_mut(to)
            {
                *slot = true;
                any = true;
            }
        }
        if !any {
            return false;
        }
        skip_stars(pattern, next);
        now.copy_from_slice(next);
    }
    now.last() == Some(&true)
}

/// A star may stand for nothing.
fn skip_stars(pattern: &str, states: &mut [bool]) {
    for (i, token) in tokens(pattern).enumerate() {
        if matches!(token, Token::Star | Token::Stars)
            && states.get(i) == Some(&true)
            && let Some(slot) = states.get_mut(i.saturating_add(1))
        {
            *slot = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn table() {
        for (pattern, text, expected) in [
            ("*", "abc", true),
            ("*", "", true),
            ("*", "a/b", false),
            ("**", "a/b", true),
            ("docker.io/*", "docker.io/nginx", true),
            ("docker.io/*", "docker.io/a/nginx", false),
            ("docker.io/**", "docker.io/a/nginx", true),
            ("?", "é", true),
            ("?", "/", false),
            ("a?c", "abc", true),
            ("[ab]", "a", false),
            ("[ab]", "[ab]", true),
            ("{a,b}", "{a,b}", true),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "a1b2", false),
            ("", "", true),
            ("", "a", false),
            ("***", "a/b", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
        let long = format!("{}c", "a*".repeat(200));
        assert!(!matches(&long, &format!("{}b", "a".repeat(5_000))));
    }

    fn naive(pattern: &[char], text: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['*', '*', rest @ ..] => (0..=text.len()).any(|i| naive(rest, &text[i..])),
            ['*', rest @ ..] => {
                let most = text.iter().position(|c| *c == '/').unwrap_or(text.len());
                (0..=most).any(|i| naive(rest, &text[i..]))
            }
            ['?', rest @ ..] => text.first().is_some_and(|c| *c != '/') && naive(rest, &text[1..]),
            [c, rest @ ..] => text.first() == Some(c) && naive(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_naive_matcher(pattern in "[ab/*?é]{0,8}", text in "[ab/é]{0,10}") {
            let (p, t): (Vec<_>, Vec<_>) = (pattern.chars().collect(), text.chars().collect());
            // `***` is `**`: the naive matcher would read a `*` after it, which stands for nothing more.
            prop_assert_eq!(matches(&pattern, &text), naive(&p, &t));
        }
    }
}
