//! Did you mean: the one name that someone most likely wanted to type.
//!
//! One slip (a letter dropped, doubled, swapped, another case, the key beside it) always counts as near; names that
//! differ in much are not offered, since a wrong suggestion is worse than none.

/// The candidate that is nearest to `name`, if one is near enough. The first of several equally near ones wins.
pub fn suggest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = name.to_lowercase();
    let (length, letters) = (folded.chars().count(), letters(&folded));
    let mut best: Option<((usize, usize), &'a str)> = None;
    for candidate in candidates.into_iter().take(MOST) {
        // Whatever is too far by its length or its letters alone is not looked at any closer.
        let longest = candidate.len().max(length);
        let limit = limit(longest);
        let apart = (letters ^ self::letters(candidate)).count_ones() as usize;
        if apart > limit.saturating_mul(2) {
            continue;
        }
        let Some(rank) = rank(&folded, candidate) else { continue };
        if best.is_none_or(|(b, _)| rank < b) {
            best = Some((rank, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Candidates that are looked at, so that a text full of unknown names takes no time that grows with its square.
const MOST: usize = 1_000;

/// How many slips a name of this length may have.
fn limit(length: usize) -> usize {
    (length / 3).max(1)
}

/// The letters of a name as a set; one slip changes it by two at most.
fn letters(name: &str) -> u64 {
    name.bytes().fold(0, |set, byte| set | 1_u64.wrapping_shl(u32::from(byte.to_ascii_lowercase() & 63)))
}

/// Smaller is nearer: edits first, then what kind of slip it would have been.
fn rank(folded: &str, candidate: &str) -> Option<(usize, usize)> {
    let other = candidate.to_lowercase();
    if folded == other {
        return Some((0, 0));
    }
    let longest = folded.chars().count().max(other.chars().count());
    let limit = limit(longest);
    let distance = strsim::osa_distance(folded, &other);
    (distance <= limit && distance < longest).then(|| (distance, slip(folded, &other)))
}

/// Keys side by side on a keyboard, row by row.
const ROWS: [&str; 4] = ["1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// How odd the difference is: 0 for what fingers do, 1 for anything else.
fn slip(typed: &str, meant: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (typed.chars().collect(), meant.chars().collect());
    let prefix = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(prefix..).unwrap_or_default(), b.get(prefix..).unwrap_or_default());
    let suffix = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let a = a.get(..a.len().saturating_sub(suffix)).unwrap_or_default();
    let b = b.get(..b.len().saturating_sub(suffix)).unwrap_or_default();
    match (a, b) {
        ([], [_]) | ([_], []) => 0,
        ([x], [y]) => usize::from(!neighbours(*x, *y)),
        ([x1, x2], [y1, y2]) if x1 == y2 && x2 == y1 => 0,
        _ => 1,
    }
}

/// `a` and `b` are beside each other in one row.
fn neighbours(a: char, b: char) -> bool {
    ROWS.iter().any(|row| match (row.find(a), row.find(b)) {
        (Some(i), Some(j)) => i.abs_diff(j) == 1,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;

    #[test]
    fn the_usual_slips() {
        let fields = ["runAsGroup", "runAsNonRoot", "runAsUser", "privileged", "procMount"];
        for (typed, meant) in [
            ("runAsNonRot", Some("runAsNonRoot")),
            ("runasnonroot", Some("runAsNonRoot")),
            ("priviledged", Some("privileged")),
            ("runAsUsre", Some("runAsUser")),
            ("prcoMount", Some("procMount")),
            ("image", None),
            ("x", None),
        ] {
            assert_eq!(suggest(typed, fields), meant, "{typed}");
        }
    }

    #[test]
    fn nothing_is_suggested_for_a_short_name_that_differs_in_all_letters() {
        assert_eq!(suggest("a", ["b", "c"]), None);
        assert_eq!(suggest("", ["b", "ab"]), None);
        assert_eq!(suggest("ip", ["Ip"]), Some("Ip"));
    }

    /// A small generator with a fixed seed, so that the test is the same everywhere.
    struct Draw(u64);

    impl Draw {
        fn below(&mut self, n: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 33) % n as u64) as usize
        }
    }

    /// `name` with one slip of the kind `how` at a drawn place, or nothing where it would change nothing.
    fn slipped(draw: &mut Draw, name: &str, how: usize) -> Option<String> {
        let mut letters: Vec<char> = name.chars().collect();
        let at = draw.below(letters.len());
        match how {
            0 => drop(letters.remove(at)),
            1 => letters.insert(at, letters[at]),
            2 => letters.swap(at, (at + 1) % name.len()),
            3 => {
                let c = letters[at];
                letters[at] = if c.is_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
            }
            _ => {
                let lower = letters[at].to_ascii_lowercase();
                let row = ROWS.iter().find(|row| row.contains(lower))?;
                let i = row.find(lower)?;
                letters[at] = row.as_bytes().get(if i == 0 { 1 } else { i - 1 }).map(|b| *b as char)?;
            }
        }
        let out: String = letters.into_iter().collect();
        (out != name && !out.is_empty()).then_some(out)
    }

    #[test]
    fn one_edit_in_500_fields_of_the_schema_is_mended_in_95_of_100() {
        let schema = Schema::builtin();
        let all: Vec<_> = schema.types().flat_map(|(_, t)| t.fields.iter().map(move |f| (t, f))).collect();
        let mut draw = Draw(0x5eed);
        let (mut asked, mut right, mut wrong) = (0, 0, vec![]);
        while asked < 500 {
            let (owner, field) = all[draw.below(all.len())];
            let Some(typed) = slipped(&mut draw, &field.name, asked % 5) else { continue };
            if owner.field(&typed).is_some() {
                continue;
            }
            asked += 1;
            let got = suggest(&typed, owner.fields.iter().map(|f| f.name.as_ref()));
            if got == Some(field.name.as_ref()) {
                right += 1;
            } else {
                wrong.push(format!("{}.{} as {typed}: {got:?}", owner.name, field.name));
            }
        }
        println!("{right} of 500");
        assert!(right >= 475, "{right} of 500: {wrong:#?}");
    }
}
