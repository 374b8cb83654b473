//! Reading Rust source without a compiler: what is code and what is a comment or a string, where tests begin, how long
//! a function is. Good enough to find words; it does not parse.

use std::ops::Range;

/// The text with comments, strings and character literals blanked out; line breaks stay where they were.
pub(super) fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match blank_end(&chars, at) {
            Some(end) => end,
            None => {
                code.push(chars[at]);
                at += 1;
                continue;
            }
        };
        for &c in &chars[at..end] {
            code.push(if c == '\n' { '\n' } else { ' ' });
        }
        at = end;
    }
    code
}

/// Where the comment or literal that begins at `at` ends (exclusive), or `None` when code stands there.
fn blank_end(chars: &[char], at: usize) -> Option<usize> {
    let next = chars.get(at + 1).copied();
    match chars[at] {
        '/' if next == Some('/') => Some(line_end(chars, at)),
        '/' if next == Some('*') => Some(block_comment_end(chars, at)),
        '"' => Some(string_end(chars, at + 1)),
        'r' if !follows_word(chars, at) => raw_string_end(chars, at + 1),
        'b' | 'c' if !follows_word(chars, at) && next == Some('r') => raw_string_end(chars, at + 2),
        '\'' => char_end(chars, at),
        _ => None,
    }
}

fn follows_word(chars: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| chars[before]);
    // `br"…"`: the `r` is read together with its `b`.
    before.is_some_and(is_word)
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn line_end(chars: &[char], at: usize) -> usize {
    (at..chars.len())
        .find(|&i| chars[i] == '\n')
        .unwrap_or(chars.len())
}

fn block_comment_end(chars: &[char], at: usize) -> usize {
    let (mut depth, mut i) = (0_usize, at);
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
            ('*', Some('/')) => {
                (depth, i) = (depth - 1, i + 2);
                if depth == 0 {
                    return i;
                }
            }
            _ => i += 1,
        }
    }
    chars.len()
}

fn string_end(chars: &[char], mut i: usize) -> usize {
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

/// `at` is just behind the `r`. `r#name` (a raw identifier) is no string.
fn raw_string_end(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at.min(chars.len())..]
        .iter()
        .take_while(|&&c| c == '#')
        .count();
    if chars.get(at + hashes) != Some(&'"') {
        return None;
    }
    let closes = |&i: &usize| {
        chars[i] == '"'
            && chars[i + 1..]
                .iter()
                .take(hashes)
                .filter(|&&c| c == '#')
                .count()
                == hashes
    };
    let close = (at + hashes + 1..chars.len()).find(closes);
    Some(close.map_or(chars.len(), |i| i + 1 + hashes))
}

/// A character literal, or `None` for a lifetime.
fn char_end(chars: &[char], at: usize) -> Option<usize> {
    match chars.get(at + 1)? {
        '\\' => (at + 3..chars.len())
            .find(|&i| chars[i] == '\'')
            .map(|i| i + 1),
        _ if chars.get(at + 2) == Some(&'\'') => Some(at + 3),
        _ => None,
    }
}

/// The 1-based line of byte `offset`.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// Byte offsets of `word` in `code`, only where it is not part of a longer name.
pub(super) fn find_word<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word)
        .map(|(offset, _)| offset)
        .filter(move |&offset| {
            let before = code[..offset].chars().next_back();
            let after = code[offset + word.len()..].chars().next();
            let starts_inside = word.starts_with(is_word) && before.is_some_and(is_word);
            let ends_inside = word.ends_with(is_word) && after.is_some_and(is_word);
            !starts_inside && !ends_inside
        })
}

/// Byte ranges of the modules and items marked `#[cfg(test)]` (or `#[cfg(all(test, …))]`) in blanked code.
pub(super) fn test_ranges(code: &str) -> Vec<Range<usize>> {
    let marks = ["#[cfg(test)]", "#[cfg(all(test"];
    let starts = marks
        .iter()
        .flat_map(|mark| code.match_indices(mark).map(|(offset, _)| offset));
    starts
        .filter_map(|start| item_end(code, start).map(|end| start..end))
        .collect()
}

/// The end of the braced item that begins at `start`; `None` for one without a body.
fn item_end(code: &str, start: usize) -> Option<usize> {
    let open = body_start(code, start)?;
    let mut depth = 0_usize;
    for (offset, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(open + offset + 1);
        }
    }
    Some(code.len())
}

/// The `{` of the item at `start`, unless a `;` outside brackets (`[u8; 32]` is inside) ends it first.
fn body_start(code: &str, start: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (offset, c) in code[start..].char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ';' if depth == 0 => return None,
            '{' if depth == 0 => return Some(start + offset),
            _ => {}
        }
    }
    None
}

/// A function and how many lines it takes, signature and braces included.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) lines: usize,
}

/// Every function with a body in blanked code.
pub(super) fn functions(code: &str) -> Vec<Function> {
    find_word(code, "fn")
        .filter_map(|start| function(code, start))
        .collect()
}

fn function(code: &str, start: usize) -> Option<Function> {
    let name: String = code[start + 2..]
        .trim_start()
        .chars()
        .take_while(|&c| is_word(c))
        .collect();
    if name.is_empty() {
        return None; // a function type, `fn(u8) -> u8`
    }
    let end = item_end(code, start)?;
    let line = line_of(code, start);
    Some(Function {
        name,
        line,
        lines: line_of(code, end) - line + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_no_code() {
        let text = "let a = \"todo!()\"; // todo!()\n/* todo!() /* in */ */ let b = r#\"x\"todo!()\"#; let c = br\"t\";";
        let code = code_only(text);
        assert!(!code.contains("todo"), "{code}");
        assert!(code.contains("let b"));
        assert_eq!(code.lines().count(), text.lines().count());
    }

    #[test]
    fn lifetimes_stay_and_characters_go() {
        let code = code_only(
            "fn f<'a>(x: &'a str) { let q = '\"'; let e = '\\''; let r#type = '{'; dbg!(x) }",
        );
        assert!(
            code.contains("<'a>") && code.contains("dbg!(x)") && code.contains("r#type"),
            "{code}"
        );
        assert_eq!(code.matches('{').count(), 1);
    }

    #[test]
    fn words_are_whole() {
        assert_eq!(
            find_word("a_sleep(); sleep(); asleep()", "sleep").collect::<Vec<_>>(),
            vec![11]
        );
    }

    #[test]
    fn test_modules_have_an_end() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\nfn c() {}";
        let ranges = test_ranges(code);
        assert_eq!(ranges.len(), 1);
        assert!(
            code[ranges[0].clone()].contains("fn b") && !code[ranges[0].clone()].contains("fn c")
        );
        assert!(test_ranges("#[cfg(test)]\nmod tests;\nfn a() {}").is_empty());
    }

    #[test]
    fn functions_are_measured() {
        let found = functions("trait T { fn no_body(&self); }\nfn two(a: [u8; 2]) {\n}\n");
        assert_eq!(
            found,
            vec![Function {
                name: "two".into(),
                line: 2,
                lines: 2
            }]
        );
    }
}
