//! Plugins before programs as people run them: a database, a web client, a compiler.
//!
//! Apart from the tests of what a plugin does to one call, because here it is whole programs that have to bear it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{CALLGATE, Place, left_out, run, text};

/// No wait is longer, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether a program can be started; else the test is left out.
fn has(test: &str, program: &str) -> bool {
    let version = Command::new(program).arg("--version").output();
    let is_there = version.is_ok();
    if !is_there {
        left_out::left_out(
            &format!("plugins::{test}"),
            &format!("{program} is not installed"),
        );
    }
    is_there
}

/// A Redis whose calls a plugin answers; it ends with this.
struct Redis {
    callgate: Child,
    socket: PathBuf,
    said: PathBuf,
}

impl Redis {
    /// Starts it at a socket of its own.
    fn start(place: &Place, profile: &str) -> Self {
        let [socket, said] = ["socket", "said"].map(|name| place.folder.join(name));
        let mut callgate = Command::new(CALLGATE);
        callgate
            .args(["run", "-p", profile, "--", "redis-server", "--port", "0"])
            .args(["--save", "", "--daemonize", "no", "--unixsocket"])
            .arg(&socket)
            .arg("--dir")
            .arg(&place.folder)
            .stdout(fs::File::create(&said).expect("a file"))
            .stderr(Stdio::null());
        let callgate = callgate.spawn().expect("it starts");
        let redis = Self {
            callgate,
            socket,
            said,
        };
        let begun = Instant::now();
        while UnixStream::connect(&redis.socket).is_err() {
            assert!(begun.elapsed() < PATIENCE, "{}", redis.said());
            thread::sleep(Duration::from_millis(5));
        }
        redis
    }

    /// A connection of a client, which waits for no answer longer than the test's patience.
    fn client(&self) -> BufReader<UnixStream> {
        let stream = UnixStream::connect(&self.socket).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        BufReader::new(stream)
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.said).unwrap_or_default()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // callgate passes it on; then both end.
        let id = self.callgate.id().to_string();
        let _gone = Command::new("kill").args(["-TERM", &id]).status();
        let _reaped = self.callgate.wait();
    }
}

/// What Redis answers to a command.
fn ask(client: &mut BufReader<UnixStream>, command: &str) -> String {
    let written = client
        .get_mut()
        .write_all(format!("{command}\r\n").as_bytes());
    written.expect("it reads");
    let mut answer = String::new();
    client.read_line(&mut answer).expect("it answers");
    answer.trim_end().to_owned()
}

#[test]
fn redis_tells_of_the_disk_that_fails_by_fault() {
    if !has(
        "redis_tells_of_the_disk_that_fails_by_fault",
        "redis-server",
    ) {
        return;
    }
    let place = Place::new("redis-fault");
    let profile = place.profile(
        r#""fsync", "fdatasync""#,
        r#""plugin": "fault", "with": { "every": 1, "after": 2, "errno": "EIO" }"#,
    );
    let redis = Redis::start(&place, &profile);
    let mut client = redis.client();
    assert_eq!(ask(&mut client, "SET name value"), "+OK");
    // The file and its folder are written through; from then on nothing is.
    assert_eq!(ask(&mut client, "SAVE"), "+OK", "{}", redis.said());
    assert!(
        ask(&mut client, "SAVE").starts_with("-ERR"),
        "{}",
        redis.said()
    );
    assert_eq!(ask(&mut client, "EXISTS name"), ":1");
    assert!(
        redis.said().contains("Input/output error"),
        "{}",
        redis.said()
    );
}

#[test]
fn redis_takes_its_clients_at_the_rate() {
    if !has("redis_takes_its_clients_at_the_rate", "redis-server") {
        return;
    }
    let place = Place::new("redis-rate");
    let profile = place.profile(
        r#""accept", "accept4""#,
        r#""plugin": "rate", "with": { "per_second": 20 }"#,
    );
    let redis = Redis::start(&place, &profile);
    let begun = Instant::now();
    let mut clients: Vec<_> = (0..6).map(|_| redis.client()).collect();
    for client in &mut clients {
        assert_eq!(ask(client, "PING"), "+PONG");
    }
    // Six calls at least, of which the first may come at once.
    assert!(
        begun.elapsed() >= Duration::from_millis(240),
        "{:?}",
        begun.elapsed()
    );
    // Who is in has nothing to wait for.
    let begun = Instant::now();
    for _ in 0..1000 {
        assert_eq!(ask(&mut clients[0], "PING"), "+PONG");
    }
    let rate = Duration::from_secs(1000 / 20);
    assert!(begun.elapsed() < rate, "{:?}", begun.elapsed());
}

/// A profile that lets connect go to these addresses alone.
fn connecting(place: &Place, allowed: &str) -> String {
    place.profile(
        r#""connect", "sendto", "sendmsg", "sendmmsg""#,
        &format!(r#""plugin": "connect", "with": {{ "allow": [{allowed}] }}"#),
    )
}

#[test]
fn curl_fetches_from_its_address_alone() {
    if !has("curl_fetches_from_its_address_alone", "curl") {
        return;
    }
    let place = Place::new("curl");
    let [allowed, other] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    let address = |listener: &TcpListener| listener.local_addr().expect("it is bound").to_string();
    let profile = connecting(&place, &format!("{:?}", address(&allowed)));
    let (there, elsewhere) = (address(&allowed), address(&other));
    let served = thread::spawn(move || {
        let (mut stream, _) = allowed.accept().expect("somebody connects");
        let mut request = [0; 4096];
        let len = stream.read(&mut request).expect("a request");
        let answer = b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";
        stream.write_all(answer).expect("it reads");
        text(&request[..len])
    });
    let fetch = |address: &str| {
        let url = format!("http://{address}/");
        let options = ["curl", "-sS", "--noproxy", "*", "--max-time", "30", &url];
        run(&["-p", &profile], &options)
    };
    let fetched = fetch(&there);
    assert_eq!(text(&fetched.stdout), "hello\n", "{fetched:?}");
    assert!(served.join().expect("it served").starts_with("GET / "));
    let refused = fetch(&elsewhere);
    // It could not connect.
    assert_eq!(refused.status.code(), Some(7), "{refused:?}");
    other.set_nonblocking(true).expect("a flag");
    assert!(other.accept().is_err(), "nobody came");
}

#[test]
fn netcat_sends_to_its_sockets_alone() {
    if !has("netcat_sends_to_its_sockets_alone", "nc") {
        return;
    }
    let place = Place::new("netcat");
    let [allowed, other] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").expect("a port"));
    let port = |socket: &UdpSocket| socket.local_addr().expect("it is bound").port().to_string();
    let [path, elsewhere] = ["allowed", "other"].map(|name| place.folder.join(name));
    let [listener, no_one] =
        [&path, &elsewhere].map(|path| UnixListener::bind(path).expect("a socket"));
    let allow = format!(
        "\"127.0.0.1:{}\", \"unix:{}\"",
        port(&allowed),
        path.display()
    );
    let profile = connecting(&place, &allow);
    let say = |words: &str| {
        run(
            &["-p", &profile],
            &["sh", "-c", &format!("echo hello | nc {words}")],
        )
    };
    for (words, is_allowed) in [
        (format!("-u -w 1 127.0.0.1 {}", port(&allowed)), true),
        (format!("-u -w 1 127.0.0.1 {}", port(&other)), false),
        (format!("-N -U {}", path.display()), true),
        (format!("-N -U {}", elsewhere.display()), false),
    ] {
        let heard = thread::scope(|scope| {
            let heard = (words.contains("-U") && is_allowed).then(|| {
                scope.spawn(|| {
                    let (mut stream, _) = listener.accept().expect("somebody connects");
                    let mut words = String::new();
                    stream.read_to_string(&mut words).expect("words");
                    words
                })
            });
            let said = say(&words);
            assert_eq!(said.status.success(), is_allowed, "{words}: {said:?}");
            heard.map(|heard| heard.join().expect("it heard"))
        });
        assert!(heard.is_none_or(|heard| heard == "hello\n"), "{words}");
    }
    let mut datagram = [0; 16];
    allowed.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let len = allowed.recv(&mut datagram).expect("it was sent before");
    assert_eq!(&datagram[..len], b"hello\n");
    other.set_nonblocking(true).expect("a flag");
    assert!(other.recv(&mut datagram).is_err(), "nothing came");
    no_one.set_nonblocking(true).expect("a flag");
    assert!(no_one.accept().is_err(), "nobody came");
}

#[test]
fn a_compiler_reads_and_writes_beneath_its_directories_alone() {
    let name = "a_compiler_reads_and_writes_beneath_its_directories_alone";
    if !has(name, "gcc") {
        return;
    }
    let place = Place::new("compiler");
    let folder = place.folder.display().to_string();
    for name in ["in", "out"] {
        fs::create_dir(place.folder.join(name)).expect("a folder");
    }
    place.file("in/words.h", "#define WORDS \"compiled\"\n");
    place.file("secret.h", "#define WORDS \"secret\"\n");
    let source = "#include <stdio.h>\n#include HEADER\nint main(void) { puts(WORDS); return 0; }\n";
    place.file("in/main.c", source);
    let profile = place.profile(
        r#""open", "openat", "openat2", "creat""#,
        &format!(
            r#""plugin": "open", "with": {{ "read": ["/usr", "/lib", "/lib64", "/etc/ld.so.cache", "{folder}/in"], "write": ["{folder}/out"] }}"#
        ),
    );
    let compile = |header: &str, program: &str| {
        let words = format!(
            "TMPDIR={folder}/out exec gcc -DHEADER='\"{header}\"' -o {folder}/{program} {folder}/in/main.c"
        );
        run(&["-p", &profile], &["sh", "-c", &words])
    };
    let compiled = compile("words.h", "out/program");
    assert!(compiled.status.success(), "{compiled:?}");
    let program = place.folder.join("out/program");
    let ran = Command::new(&program).output().expect("it starts");
    assert_eq!(text(&ran.stdout), "compiled\n");
    for (header, program) in [("../secret.h", "out/other"), ("words.h", "in/program")] {
        let refused = compile(header, program);
        assert!(!refused.status.success(), "{header} {program}: {refused:?}");
        assert!(
            text(&refused.stderr).contains("Operation not permitted"),
            "{refused:?}"
        );
        assert!(!place.folder.join(program).exists(), "{program}");
    }
}
