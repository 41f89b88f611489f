//! What stands at a place of a JSON text that may be unfinished: the word there, and the keys that lead to it.
//!
//! Apart from the reading of profiles, which takes whole documents: here somebody is writing one.

use callgate_profile::Span;
use callgate_syscalls::Syscall;

/// A word, written or to be written, and where it belongs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'t> {
    /// From the outside inwards, what leads to it: of a key that of its object, of a value its own key as well.
    pub(super) path: Vec<Step<'t>>,
    /// Whether it is a key.
    pub(super) is_key: bool,
    /// What stands between its quotes; empty where nothing stands there yet.
    pub(super) word: &'t str,
    /// Where that stands.
    pub(super) span: Span,
    /// Whether there are quotes around it.
    pub(super) is_quoted: bool,
}

/// A step into a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'t> {
    /// To what a key names.
    Key(&'t str),
    /// To an item of a list.
    Item,
}

impl Place<'_> {
    /// The call that a rule names there.
    pub(super) fn call(&self) -> Option<Syscall> {
        match self.path[..] {
            [.., Step::Key("names"), Step::Item] | [.., Step::Key("name")] => {
                Syscall::by_name(self.word)
            }
            _ => None,
        }
    }
}

/// A list or an object that is not closed yet.
enum Around<'t> {
    List,
    Object {
        /// The last key.
        key: &'t str,
        /// Whether its value is next.
        is_value_next: bool,
    },
}

/// What stands at a byte of a text.
pub(super) fn at(text: &str, offset: usize) -> Place<'_> {
    let mut around: Vec<Around<'_>> = Vec::new();
    let mut next = 0;
    while let Some(letter) = text[next..].chars().next() {
        let start = next;
        if start >= offset {
            break;
        }
        next += letter.len_utf8();
        match letter {
            '"' => {
                let end = end_of_string(text, next);
                let word = &text[next..end];
                if offset <= end {
                    return place(&around, word, Span::new(next, end), true);
                }
                if let Some(Around::Object {
                    key,
                    is_value_next: false,
                }) = around.last_mut()
                {
                    *key = word;
                }
                // The quote that closes it is passed, too.
                next = text[end..].strip_prefix('"').map_or(end, |_| end + 1);
            }
            '{' => around.push(Around::Object {
                key: "",
                is_value_next: false,
            }),
            '[' => around.push(Around::List),
            '}' | ']' => {
                around.pop();
            }
            ':' | ',' => {
                if let Some(Around::Object { is_value_next, .. }) = around.last_mut() {
                    *is_value_next = letter == ':';
                }
            }
            _ => {}
        }
    }
    place(&around, "", Span::new(offset, offset), false)
}

fn place<'t>(around: &[Around<'t>], word: &'t str, span: Span, is_quoted: bool) -> Place<'t> {
    let is_key = matches!(
        around.last(),
        Some(Around::Object {
            is_value_next: false,
            ..
        })
    );
    let steps = around.iter().map(|around| match around {
        Around::List => Step::Item,
        Around::Object { key, .. } => Step::Key(key),
    });
    let count = around.len() - usize::from(is_key);
    Place {
        path: steps.take(count).collect(),
        is_key,
        word,
        span,
        is_quoted,
    }
}

/// Where a string ends that begins there: at its quote, or at the end of the line where it has none.
fn end_of_string(text: &str, start: usize) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text[start..].char_indices() {
        match letter {
            '\n' => return start + at,
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return start + at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands where a text has a bar.
    fn seen(text: &str) -> String {
        let at_bar = text.find('|').expect("a bar");
        let text = text.replacen('|', "", 1);
        let Place {
            path,
            is_key,
            word,
            is_quoted,
            ..
        } = at(&text, at_bar);
        let steps = path.iter().map(|step| match step {
            Step::Key(key) => format!("/{key}"),
            Step::Item => "/*".to_owned(),
        });
        let path: String = steps.collect();
        format!(
            "{path} {word}{}{}",
            ["", " key"][usize::from(is_key)],
            ["", " quoted"][usize::from(is_quoted)]
        )
    }

    #[test]
    fn words_of_whole_texts() {
        let cases = [
            (r#"{ "default|Action": "a" }"#, " defaultAction key quoted"),
            (r#"{ "defaultAction": "|a" }"#, "/defaultAction a quoted"),
            (
                r#"{ "syscalls": [ { "names": ["read", "wri|te"] } ] }"#,
                "/syscalls/*/names/* write quoted",
            ),
            (
                r#"{ "syscalls": [ { "names": ["read"], "act|ion": 1 } ] }"#,
                "/syscalls/* action key quoted",
            ),
            (r#"{ "a": "q\"{", "b|": 1 }"#, " b key quoted"),
            (r#"{ "a": [1, 2], "b": |1 }"#, "/b "),
        ];
        for (text, expected) in cases {
            assert_eq!(seen(text), expected, "{text}");
        }
    }

    #[test]
    fn words_of_unfinished_texts() {
        let cases = [
            ("|", " "),
            ("{|", "  key"),
            ("{ \"def|\n", " def key quoted"),
            (
                "{ \"syscalls\": [ { \"names\": [\"chm|\n ] } ] }",
                "/syscalls/*/names/* chm quoted",
            ),
            (
                "{ \"syscalls\": [ { \"names\": [ | ",
                "/syscalls/*/names/* ",
            ),
            ("{ \"defaultAction\": |", "/defaultAction "),
            ("} ] |", " "),
        ];
        for (text, expected) in cases {
            assert_eq!(seen(text), expected, "{text}");
        }
    }
}
