//! `callgate lsp` with Neovim's client, and with a client that does not keep to the protocol.
//!
//! Apart from the golden texts, because here two programs converse.

#[path = "../../../tests/src/left_out.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "a module of another crate, of which one function is used"
)]
mod left_out;

use std::fs;
use std::io::{BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use lsp_server::{ErrorCode, Message, Notification, Request, Response};
use serde_json::{Value, json};

const CALLGATE: &str = env!("CARGO_BIN_EXE_callgate");

/// A profile with a name that no call has, behind a letter of four bytes and two UTF-16 units.
const PROFILE: &str = r#"{
	"defaultAction": "SCMP_ACT_ALLOW",
	"architectures": ["SCMP_ARCH_X86_64"],
	"syscalls": [
		{ "comment": "no 🦀 modes", "names": ["chmod", "fchmdo"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1 }
	]
}
"#;

#[test]
fn neovim_walks_through_a_profile() {
    let version = Command::new("nvim").arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        return left_out::left_out(
            "lsp::neovim_walks_through_a_profile",
            "neovim is not installed",
        );
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("lsp");
    fs::create_dir_all(&folder).expect("a folder");
    let (profile, seen) = (folder.join("profile.json"), folder.join("seen.json"));
    fs::write(&profile, PROFILE).expect("a file");
    // What an editor started earlier left behind is no answer.
    let _ = fs::remove_file(&seen);
    let mut editor = Command::new("timeout");
    editor
        .args(["--kill-after=5", "120", "nvim"])
        .args(["--headless", "-u", "NONE", "-i", "NONE", "-n", "-c"])
        .arg("luafile tests/lsp/editor.lua")
        .env("PROFILE", &profile)
        .env("CALLGATE", CALLGATE)
        .env("SEEN", &seen)
        // No folder of the user's, in which the editor would write.
        .env("HOME", &folder)
        .env("XDG_STATE_HOME", &folder)
        .env("XDG_CACHE_HOME", &folder)
        .stdin(Stdio::null());
    let output = editor.output().expect("neovim starts");
    let text = fs::read_to_string(&seen)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let seen: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(seen["failed"], Value::Null, "{seen:#}");

    let wrong = problem(&seen["opened"], "CG110").expect("the wrong name");
    let (line, column, severity) = (&wrong["line"], &wrong["column"], &wrong["severity"]);
    // The editor counts bytes: four of the letter, where the protocol has two units.
    let place = PROFILE
        .lines()
        .nth(4)
        .and_then(|line| line.find("\"fchmdo"));
    assert_eq!(
        (line, column, severity),
        (&json!(4), &json!(place), &json!(1))
    );
    let said = wrong["message"].as_str().expect("a text");
    assert!(said.ends_with("help: did you mean `fchmod`?"), "{said}");
    assert_eq!(problem(&seen["mended"], "CG110"), None);
    assert_eq!(
        seen["changes"],
        json!([{ "title": "write `fchmod`", "preferred": true }])
    );

    // It is refused already, so that it can be let through alone.
    assert_eq!(
        seen["rewrites"],
        json!([{ "title": "let chmod through", "kind": "refactor.rewrite" }])
    );
    fs::write(&profile, PROFILE.replace("fchmdo", "fchmod")).expect("a file");
    let allow = Command::new(CALLGATE)
        .args(["allow", "--write", "--native", "x86_64"])
        .args(["--target", "docker@28"])
        .arg(&profile)
        .arg("chmod")
        .status();
    assert!(allow.expect("callgate runs").success());
    let allowed = fs::read_to_string(&profile).expect("a file");
    assert_eq!(seen["allowed"].as_str(), Some(allowed.trim_end()));

    let hover = seen["hover"].as_str().expect("a text");
    assert!(
        hover.starts_with("```text\nchmod(filename, mode)\nsince Linux 1.0"),
        "{hover}"
    );
    assert!(
        hover.ends_with("docker@28+runc@1.3: **errno EPERM**\n"),
        "{hover}"
    );
    assert_eq!(seen["field"], "what happens to calls that no rule matches");

    assert_eq!(
        seen["typed"],
        "\t\t{ \"comment\": \"no 🦀 modes\", \"names\": [\"fchown"
    );
    assert_eq!(seen["detail"], "Linux 1.0, @file-change");
    let words = seen["words"].as_u64().expect("a number");
    assert!(words > 400, "{words}");

    let refused = seen["refused"].as_str().expect("an error");
    assert!(refused.contains("this is not JSON"), "{refused}");
    fs::write(
        &profile,
        PROFILE.replace(r#"["chmod", "fchmdo"]"#, r#"["fchown", "chmod", "fchmod"]"#),
    )
    .expect("a file");
    let fmt = [
        "fmt",
        "--write",
        "--native",
        "x86_64",
        "--target",
        "docker@28",
    ];
    let written = Command::new(CALLGATE).args(fmt).arg(&profile).status();
    assert!(written.expect("callgate runs").success());
    let laid_out = fs::read_to_string(&profile).expect("a file");
    assert_eq!(seen["laid_out"].as_str(), Some(laid_out.trim_end()));
}

fn problem<'s>(list: &'s Value, code: &str) -> Option<&'s Value> {
    list.as_array()?.iter().find(|each| each["code"] == code)
}

/// A server, and a client that says what it likes.
struct Session {
    server: Child,
    to: ChildStdin,
    /// What it says, read while one speaks oneself: as editors do.
    from: Receiver<Message>,
    asked: i32,
}

impl Session {
    fn begin() -> Self {
        let mut server = Command::new("timeout");
        let mut server = server
            .args(["--kill-after=5", "60", CALLGATE, "lsp"])
            .args(["--native", "x86_64", "--target", "docker@28"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("callgate starts");
        let to = server.stdin.take().expect("a pipe");
        let mut said = BufReader::new(server.stdout.take().expect("a pipe"));
        let (heard, from) = channel();
        thread::spawn(move || {
            while let Ok(Some(message)) = Message::read(&mut said) {
                if heard.send(message).is_err() {
                    break;
                }
            }
        });
        let mut session = Self {
            server,
            to,
            from,
            asked: 0,
        };
        let hello = session.ask("initialize", json!({ "capabilities": {} }));
        let hello = hello.response_result.expect("a welcome");
        assert_eq!(hello["serverInfo"]["name"], "callgate");
        session.tell("initialized", json!({}));
        session
    }

    fn tell(&mut self, method: &str, params: Value) {
        let told = Message::Notification(Notification::new(method.to_owned(), params));
        told.write(&mut self.to).expect("it listens");
    }

    /// The answer; what else comes before it is passed over.
    fn ask(&mut self, method: &str, params: Value) -> Response {
        self.asked += 1;
        let request = Request::new(self.asked.into(), method.to_owned(), params);
        let id = request.id.clone();
        Message::Request(request)
            .write(&mut self.to)
            .expect("it listens");
        loop {
            match self.hear() {
                Message::Response(response) if response.id == id => return response,
                _ => {}
            }
        }
    }

    fn hear(&mut self) -> Message {
        self.from.recv().expect("it speaks")
    }

    fn open(&mut self, name: &str, text: &str) {
        let document = json!({ "uri": name, "languageId": "json", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// The codes of the problems that are shown next, and of which version of a text.
    fn shown(&mut self) -> (Vec<String>, Option<u64>) {
        loop {
            if let Message::Notification(told) = self.hear() {
                assert_eq!(told.method, "textDocument/publishDiagnostics");
                let all = told.params["diagnostics"].as_array().expect("a list");
                let codes = all.iter().filter_map(|each| each["code"].as_str());
                return (
                    codes.map(str::to_owned).collect(),
                    told.params["version"].as_u64(),
                );
            }
        }
    }

    /// Ends without a word, and gives the exit status.
    fn leave(mut self) -> Option<i32> {
        drop(self.to);
        self.server.wait().expect("it ends").code()
    }

    fn end(mut self) -> Option<i32> {
        let answer = self.ask("shutdown", Value::Null);
        assert!(answer.response_result.is_ok());
        self.tell("exit", Value::Null);
        self.leave()
    }
}

#[test]
fn what_is_asked_wrongly_is_answered() {
    let mut session = Session::begin();
    let hover = "textDocument/hover";
    let place = json!({ "textDocument": { "uri": "file:///a.json" }, "position": { "line": 0, "character": 0 } });
    for (method, params, code) in [
        ("textDocument/rename", json!({}), ErrorCode::MethodNotFound),
        (hover, json!({ "position": 1 }), ErrorCode::InvalidParams),
        (hover, place.clone(), ErrorCode::InvalidParams),
    ] {
        let error = session
            .ask(method, params)
            .response_result
            .expect_err(method);
        assert_eq!(error.code, code as i32, "{}", error.message);
    }
    session.tell("textDocument/didOpen", json!({ "textDocument": 1 }));
    session.tell("no/such/word", json!([]));
    session.open("file:///a.json", "{ \"defaultAction\"");
    assert!(!session.shown().0.is_empty());
    let answer = session.ask(hover, place).response_result;
    assert_eq!(answer.expect("nothing stands there"), Value::Null);
    assert_eq!(session.end(), Some(0));
}

#[test]
fn an_editor_that_is_gone_is_not_waited_for() {
    assert_eq!(Session::begin().leave(), Some(1));
    let mut session = Session::begin();
    session
        .to
        .write_all(b"Content-Length: 5\r\n\r\n{{{{{")
        .expect("it listens");
    assert_eq!(session.leave(), Some(2));
}

#[test]
fn only_profiles_have_problems_and_closed_ones_none() {
    let mut session = Session::begin();
    session.open("file:///package.json", "{ \"name\": \"nothing of ours\" }");
    assert_eq!(session.shown().0, [""; 0]);
    let resource = "kind: SeccompProfile\nspec:\n  defaultAction: SCMP_ACT_ERRNO\n  syscalls:\n  - action: SCMP_ACT_ALLOW\n    names: [reed]\n";
    session.open("file:///profile.yaml", resource);
    assert!(session.shown().0.contains(&"CG110".to_owned()));
    let closed = json!({ "textDocument": { "uri": "file:///profile.yaml" } });
    session.tell("textDocument/didClose", closed);
    assert_eq!(session.shown().0, [""; 0]);
    assert_eq!(session.end(), Some(0));
}

#[test]
fn numbers_are_shown_by_their_names() {
    let mut session = Session::begin();
    let rule = r#"{ "names": ["clone"], "action": "SCMP_ACT_ALLOW",
"args": [{ "index": 0, "value": 268566528, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }] }"#;
    let text = format!("{{ \"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{rule}] }}");
    session.open("file:///flags.json", &text);
    assert_eq!(session.shown().1, Some(1));
    let mut hover = |character| {
        let place = json!({ "line": 1, "character": character });
        let asked = json!({ "textDocument": { "uri": "file:///flags.json" }, "position": place });
        let answer = session.ask("textDocument/hover", asked).response_result;
        answer.expect("words")["contents"]["value"].clone()
    };
    let words = "`clone` where clone_flags without CLONE_NEWNS|CLONE_NEWUSER";
    assert_eq!(hover(38), words);
    let index = format!("which argument, from 0\n\n{words}");
    assert_eq!(hover(13), index);
    assert_eq!(session.end(), Some(0));
}

#[test]
fn what_stands_in_yaml_is_known_as_in_json() {
    let mut session = Session::begin();
    let resource = "\
apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata:
  name: a
spec:
  defaultAction: SCMP_ACT_ERRNO
  architectures: [SCMP_ARCH_X86_64]
  syscalls:
  - action: SCMP_ACT_ALLOW
    names:
    - read
  - action: SCMP_ACT_ALLOW
    names: [\"clone\"]
    args:
    - index: 0
      value: 268566528
      valueTwo: 0
      op: SCMP_CMP_MASKED_EQ
";
    session.open("file:///profile.yaml", resource);
    assert_eq!(session.shown().1, Some(1));
    let mut hover = |line: u32, character: u32| {
        let place = json!({ "line": line, "character": character });
        let asked = json!({ "textDocument": { "uri": "file:///profile.yaml" }, "position": place });
        let answer = session.ask("textDocument/hover", asked).response_result;
        let answer = answer.expect("an answer");
        let words = answer["contents"]["value"].as_str().unwrap_or_default();
        (words.to_owned(), answer["range"]["start"].clone())
    };
    let (words, at) = hover(10, 7);
    assert!(
        words.starts_with("```text\nread(fd, buf, count)"),
        "{words}"
    );
    assert!(
        words.ends_with("docker@28+runc@1.3: **allow**\n"),
        "{words}"
    );
    assert_eq!(at, json!({ "line": 10, "character": 6 }));
    let (words, _) = hover(12, 14);
    assert!(words.starts_with("```text\nclone("), "{words}");
    assert!(words.ends_with("**depends on its arguments**\n"), "{words}");
    let (words, at) = hover(5, 4);
    assert_eq!(words, "what happens to calls that no rule matches");
    assert_eq!(at, json!({ "line": 5, "character": 2 }));
    let (words, _) = hover(15, 16);
    assert!(words.contains("CLONE_NEWNS"), "{words}");
    // What is not of the profile is not known.
    assert_eq!(hover(2, 3).0, "");
    assert_eq!(session.end(), Some(0));
}

#[test]
fn a_base_counts_and_its_problems_are_told_where_it_is_named() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("lsp-base");
    fs::create_dir_all(&folder).expect("a folder");
    let base = r#"{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [ { "names": ["acct"], "action": "SCMP_ACT_ERRNO" } ] }"#;
    fs::write(folder.join("base.json"), base).expect("a file");
    let name = format!("file://{}", folder.join("mine.json").display());
    let mut session = Session::begin();
    let text = r#"{ "x-extends": "base.json", "syscalls": [ { "names": ["reboot"], "action": "SCMP_ACT_ERRNO" } ] }"#;
    session.open(&name, text);
    let (codes, _) = session.shown();
    assert!(codes.contains(&"CG333".to_owned()), "{codes:?}");
    let at = text.find("reboot").expect("there");
    let place = json!({ "line": 0, "character": at });
    let asked = json!({ "textDocument": { "uri": name }, "position": place });
    let answer = session.ask("textDocument/hover", asked).response_result;
    let words = answer.expect("a page")["contents"]["value"].to_string();
    assert!(words.contains("**errno EPERM**"), "{words}");
    // Without the profile's rule the base's default counts.
    let range = json!({ "start": place, "end": place });
    let asked = json!({ "textDocument": { "uri": name }, "range": range, "context": { "diagnostics": [] } });
    let answer = session
        .ask("textDocument/codeAction", asked)
        .response_result;
    let changes = answer.expect("changes");
    let titles: Vec<&str> = changes
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|change| change["title"].as_str())
        .collect();
    assert!(titles.contains(&"let reboot through"), "{titles:?}");

    // What the two are together is told where the base is named; what a base is alone, where it is open.
    let ways = r#"{ "defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [ { "names": ["chmod", "fchmod", "fchmodat", "fchmodat2", "setxattr"], "action": "SCMP_ACT_ALLOW" } ] }"#;
    fs::write(folder.join("base.json"), ways).expect("a file");
    let modes = r#"["chmod", "fchmod", "fchmodat", "fchmodat2"]"#;
    for (base, begins) in [
        (
            "base.json",
            format!("{}:2:", folder.join("base.json").display()),
        ),
        // Nobody can mend it there, so that it is told where it is named.
        ("docker:default", "the chmod family".to_owned()),
    ] {
        let text = format!(
            r#"{{ "x-extends": "{base}", "syscalls": [ {{ "names": {modes}, "action": "SCMP_ACT_ERRNO" }} ] }}"#
        );
        session.open(&name, &text);
        let shown = loop {
            if let Message::Notification(told) = session.hear() {
                break told.params["diagnostics"].clone();
            }
        };
        let of_both = problem(&shown, "CG503").expect("other ways to change modes");
        let at = json!({ "line": 0, "character": 15 });
        assert_eq!(of_both["range"]["start"], at);
        let said = of_both["message"].as_str().expect("words");
        assert!(said.starts_with(&begins), "{said}");
    }
    assert_eq!(session.end(), Some(0));
}

#[test]
fn who_asks_before_problems_are_shown_still_sees_them() {
    let mut session = Session::begin();
    let text = r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["reed"], "action": "SCMP_ACT_ALLOW" } ] }"#;
    for version in 1..=5 {
        let document = json!({ "uri": "file:///quick.json", "languageId": "json", "version": version, "text": text });
        let opened = Notification::new(
            "textDocument/didOpen".to_owned(),
            json!({ "textDocument": document }),
        );
        let place = json!({ "line": 0, "character": 65 });
        let asked = json!({ "textDocument": { "uri": "file:///quick.json" }, "range": { "start": place, "end": place }, "context": { "diagnostics": [] } });
        let request = Request::new(
            (-version).into(),
            "textDocument/codeAction".to_owned(),
            asked,
        );
        // Both at once, so that the question is there before the server has nothing else to do.
        let mut both = Vec::new();
        Message::Notification(opened)
            .write(&mut both)
            .expect("memory");
        Message::Request(request).write(&mut both).expect("memory");
        session.to.write_all(&both).expect("it listens");
    }
    while session.shown().1 != Some(5) {}
    assert_eq!(session.end(), Some(0));
}

#[test]
fn a_megabyte_is_shown_and_asked_about_while_it_changes() {
    let rule = r#"{ "names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 1, "op": "SCMP_CMP_EQ" }] }"#;
    let rules = vec![rule; 10_000].join(",\n");
    let text = format!("{{ \"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{rules}] }}");
    assert!(text.len() > 1_000_000);
    let mut session = Session::begin();
    session.open("file:///large.json", &text);
    for version in 2..=20 {
        let document = json!({ "uri": "file:///large.json", "version": version });
        let changes = json!([{ "text": text }]);
        session.tell(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": changes }),
        );
    }
    // Those between may have been passed over.
    while session.shown().1 != Some(20) {}
    let place = json!({ "line": 8000, "character": 15 });
    let asked = json!({ "textDocument": { "uri": "file:///large.json" }, "position": place });
    let answer = session.ask("textDocument/hover", asked).response_result;
    let said = answer.expect("a page")["contents"]["value"].to_string();
    assert!(said.contains("read(fd, buf, count)"), "{said}");
    assert_eq!(session.end(), Some(0));
}
