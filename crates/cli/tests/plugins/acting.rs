//! The plugins that act for their caller, or decide what it may make and start: files, sockets, devices, mounts and programs.
//!
//! Apart from those that watch and disturb, because here something is done or not, and is looked at afterwards.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::process::Command;
use std::thread;

use super::{Place, left_out, run, text};

#[test]
fn open_reads_and_writes_beneath_its_directories_alone() {
    let place = Place::new("open");
    let folder = place.folder.display().to_string();
    for name in ["in", "inside", "out"] {
        fs::create_dir(place.folder.join(name)).expect("a folder");
    }
    place.file("in/given", "given\n");
    for name in ["secret", "inside/secret"] {
        place.file(name, "secret\n");
    }
    let given = format!("{folder}/in/given");
    for (target, link) in [
        ("../secret", "in/link"),
        (given.as_str(), "out/link"),
        ("made", "out/dangling"),
    ] {
        std::os::unix::fs::symlink(target, place.folder.join(link)).expect("a link");
    }
    let profile = place.profile(
        r#""open", "openat", "openat2", "creat""#,
        &format!(
            r#""plugin": "open", "with": {{ "read": ["/usr", "/lib", "/lib64", "/etc/ld.so.cache", "{folder}/in"], "write": ["{folder}/out"] }}"#
        ),
    );
    let shell = |words: &str| {
        run(
            &["-p", &profile],
            &["sh", "-c", &format!("cd {folder}; {words}")],
        )
    };
    let read = shell("cat in/given");
    assert_eq!(
        (text(&read.stdout), read.status.code()),
        ("given\n".into(), Some(0)),
        "{read:?}"
    );
    for refused in [
        "cat secret",
        "cat in/../secret",
        "cat in/link",
        "cat inside/secret",
        "cat out/link/../../secret",
        "echo no > in/given",
        "echo no > out/link",
        "echo no > new",
        "cat /proc/self/status",
    ] {
        let refused = shell(refused);
        assert_ne!(refused.status.code(), Some(0), "{refused:?}");
        assert!(!text(&refused.stdout).contains("secret"), "{refused:?}");
    }
    assert_eq!(
        fs::read_to_string(place.folder.join("in/given")).expect("it is there"),
        "given\n"
    );
    for same in [
        "cat inside/../in/given",
        "cat out/link",
        "cd inside; cat ../out/../in/./given",
    ] {
        let read = shell(same);
        assert_eq!(text(&read.stdout), "given\n", "{same}: {read:?}");
    }
    let written = shell("umask 027; echo made > out/dangling; cat out/made; stat -c %a out/made");
    assert_eq!(text(&written.stdout), "made\n640\n", "{written:?}");
}

#[test]
fn connect_reaches_its_addresses_alone() {
    let place = Place::new("connect");
    let [allowed, refused] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    let port = |listener: &TcpListener| listener.local_addr().expect("it is bound").port();
    let profile = place.profile(
        r#""connect", "sendto", "sendmsg", "sendmmsg""#,
        &format!(
            r#""plugin": "connect", "with": {{ "allow": ["127.0.0.1:{}"] }}"#,
            port(&allowed)
        ),
    );
    let say = |port: u16| {
        run(
            &["-p", &profile],
            &[
                "bash",
                "-c",
                &format!("echo hello > /dev/tcp/127.0.0.1/{port}"),
            ],
        )
    };
    let (there, elsewhere) = (port(&allowed), port(&refused));
    let heard = thread::spawn(move || {
        let mut words = String::new();
        let (mut stream, _) = allowed.accept().expect("somebody connects");
        stream.read_to_string(&mut words).expect("words");
        words
    });
    let said = say(there);
    assert!(said.status.success(), "{said:?}");
    assert_eq!(heard.join().expect("it heard"), "hello\n");
    let said = say(elsewhere);
    assert!(
        text(&said.stderr).contains("Operation not permitted"),
        "{said:?}"
    );
    refused.set_nonblocking(true).expect("a flag");
    assert!(refused.accept().is_err(), "nobody came");
}

#[test]
fn mknod_makes_safe_devices_alone() {
    let place = Place::new("mknod");
    let make = |name: &str, words: &[&str]| {
        let path = place.folder.join(name).display().to_string();
        [&["mknod", &path], words].concat().join(" ")
    };
    let unconfined = Command::new("sh")
        .args(["-c", &make("probe", &["c", "1", "3"])])
        .status();
    if !unconfined.is_ok_and(|status| status.success()) {
        return left_out::left_out(
            "plugins::mknod_makes_safe_devices_alone",
            "this user can't make devices",
        );
    }
    let profile = place.profile(
        r#""mknod", "mknodat""#,
        r#""plugin": "mknod", "with": { "devices": ["null", "10:229"] }"#,
    );
    for (name, words, is_made) in [
        ("null", &["c", "1", "3"][..], true),
        ("fuse", &["c", "10", "229"], true),
        ("pipe", &["p"], true),
        ("zero", &["c", "1", "5"], false),
        ("kmem", &["c", "1", "2"], false),
        ("disk", &["b", "1", "3"], false),
    ] {
        let done = run(&["-p", &profile], &["sh", "-c", &make(name, words)]);
        assert_eq!(done.status.success(), is_made, "{name}: {done:?}");
        assert_eq!(place.folder.join(name).exists(), is_made, "{name}");
    }
    let unprivileged = [
        "setpriv",
        "--bounding-set",
        "-mknod",
        "--inh-caps",
        "-mknod",
    ];
    let command = make("null2", &["c", "1", "3"]);
    let words = [&unprivileged[..], &["sh", "-c", &command]].concat();
    let done = run(&["-p", &profile], &words);
    assert!(
        text(&done.stderr).contains("Operation not permitted"),
        "no privilege is lent: {done:?}"
    );
}

#[test]
fn mount_acts_in_the_callers_namespaces_alone() {
    let own = ["unshare", "--user", "--map-root-user", "--mount"];
    let unconfined = Command::new(own[0]).args(&own[1..]).arg("true").output();
    if !unconfined.is_ok_and(|output| output.status.success()) {
        return left_out::left_out(
            "plugins::mount_acts_in_the_callers_namespaces_alone",
            "this user can't make a user namespace",
        );
    }
    let place = Place::new("mount");
    for name in ["in", "in/tmp", "in/proc", "out"] {
        fs::create_dir(place.folder.join(name)).expect("a folder");
    }
    std::os::unix::fs::symlink("../out", place.folder.join("in/link")).expect("a link");
    let folder = place.folder.display().to_string();
    let profile = place.file(
        "profile.json",
        &format!(
            r#"{{ "defaultAction": "SCMP_ACT_ALLOW",
  "x-actions": {{ "x-it": {{ "answer": "SCMP_ACT_NOTIFY", "plugin": "mount",
                             "with": {{ "types": ["tmpfs", "proc"], "beneath": ["{folder}/in"] }} }} }},
  "syscalls": [ {{ "names": ["mount"], "action": "x-it", "args": [{{ "index": 3, "value": 278528, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }}] }},
                {{ "names": ["fsopen", "fsmount", "open_tree", "move_mount", "mount_setattr"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38 }} ] }}"#
        ),
    );
    // 278528 are MS_REC and MS_PRIVATE, with which unshare(1) makes the tree its own.
    let within = |words: &str| {
        let script = format!("cd {folder} && {words}");
        run(
            &["-p", &profile],
            &[&own[..], &["sh", "-c", &script]].concat(),
        )
    };
    let done = within(
        "mount -t tmpfs -o size=64k,mode=700 none in/tmp && stat -f -c %T in/tmp && stat -c %a in/tmp && touch in/tmp/new",
    );
    assert_eq!(text(&done.stdout), "tmpfs\n700\n", "{done:?}");
    assert!(done.status.success(), "{done:?}");
    assert!(
        !place.folder.join("in/tmp/new").exists(),
        "it is mounted for the caller alone"
    );
    for refused in [
        "mount -t tmpfs none out",
        "mount -t tmpfs none in/link",
        "mount -t tmpfs none in/../out",
        "mount -t ramfs none in/tmp",
        "mount --bind out in/tmp",
        "mount -t tmpfs -o nonsense none in/tmp",
        "setpriv --bounding-set -sys_admin mount -t tmpfs none in/tmp",
    ] {
        let done = within(refused);
        assert!(!done.status.success(), "{refused}: {done:?}");
    }
    let processes = [&own[..], &["--pid", "--fork", "sh", "-c"]].concat();
    let script = format!("mount -t proc none {folder}/in/proc && cat {folder}/in/proc/1/comm");
    let done = run(&["-p", &profile], &[&processes[..], &[&script]].concat());
    assert_eq!(text(&done.stdout), "sh\n", "its own processes: {done:?}");
    // Without namespaces of its own, the caller may as much as its user may.
    let done = run(
        &["-p", &profile],
        &[
            "setpriv",
            "--bounding-set",
            "-sys_admin",
            "mount",
            "-t",
            "tmpfs",
            "none",
            &format!("{folder}/in/tmp"),
        ],
    );
    assert!(!done.status.success(), "{done:?}");
    let mounts = fs::read_to_string("/proc/self/mounts").expect("it is there");
    assert!(!mounts.contains(&folder), "nothing is left: {mounts}");
}

#[test]
fn exec_starts_the_programs_of_its_list() {
    let place = Place::new("exec");
    let copy = |name: &str, program: &str| {
        let path = place.folder.join(name);
        fs::copy(program, &path).expect("coreutils are there");
        path.display().to_string()
    };
    let (good, bad) = (copy("good", "/bin/true"), copy("bad", "/bin/true"));
    let digest = Command::new("sha256sum").arg(&good).output();
    let digest = text(&digest.expect("sha256sum of coreutils runs").stdout);
    let digest = &digest[..64];
    let shell = fs::canonicalize("/bin/sh").expect("a shell");
    std::os::unix::fs::symlink(&good, place.folder.join("link")).expect("a link");
    let profile = place.profile(
        r#""execve", "execveat""#,
        &format!(
            r#""plugin": "exec", "with": {{ "allow": ["{}", "{good} sha256:{digest}"] }}, "otherwise": "SCMP_ACT_ERRNO""#,
            shell.display()
        ),
    );
    let shell = |words: &str| {
        let words = format!("cd {}; {words}", place.folder.display());
        run(&["-p", &profile], &["sh", "-c", &words]).status.code()
    };
    assert_eq!(shell("./good"), Some(0));
    assert_eq!(shell("./link"), Some(0));
    assert_eq!(shell(&bad), Some(126));
    assert_eq!(shell("./missing"), Some(127));
    fs::copy("/bin/false", &good).expect("a copy");
    assert_eq!(shell("./good"), Some(126), "its digest is another now");
}
