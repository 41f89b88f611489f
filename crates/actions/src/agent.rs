//! The agent's side of a stock container runtime: it sends the listener of each container's filter over a Unix socket.
//!
//! Apart from the serving, which knows no runtime. Source: `ContainerProcessState` in the runtime specification, and what runc 1.1.5
//! and crun 1.8.1 send.

use std::io::{self, IoSliceMut, Read};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;

use callgate_engines::{Resolved, Target, read};
use callgate_profile::write::Document;
use callgate_profile::{ActionName, Options, Profile, parse};
use rustix::fs::Mode;
use rustix::net::sockopt::socket_peercred;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::process::{geteuid, umask};
use serde_json::{Value, json};

use crate::sys;

/// A container whose filter asks.
#[derive(Debug)]
pub struct Container {
    /// Its name to the runtime.
    pub id: String,
    /// Its first process, by its number to the runtime.
    pub process: u64,
    /// What the profile had as `listenerMetadata`.
    pub metadata: String,
    /// Where the notifications arrive.
    pub listener: OwnedFd,
}

/// The most bytes of a runtime's message.
const STATE_MAX: u64 = 16 << 20;

/// The most descriptors that come with it.
const DESCRIPTORS_MAX: usize = 16;

/// Listens at a path, for this user alone: nobody else can connect, from its first moment on.
///
/// # Errors
/// The path is taken, or can't be made.
pub fn bind(path: &Path) -> io::Result<UnixListener> {
    // The mask is the process's: a thread with a mask of its own leaves the others alone.
    let path = path.to_owned();
    let bound = thread::spawn(move || {
        sys::own_mask()?;
        umask(Mode::from_bits_truncate(0o177));
        UnixListener::bind(path)
    });
    bound
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the thread that binds panicked")))
}

/// Receives what a runtime says of a container.
///
/// # Errors
/// The peer is neither this user nor root (`EPERM`), or what it sends is no state with a listener.
pub fn receive(stream: &mut UnixStream) -> io::Result<Container> {
    let peer = socket_peercred(&*stream)?.uid;
    if !peer.is_root() && peer != geteuid() {
        return Err(io::Error::other(format!(
            "user {} is neither this one nor root",
            peer.as_raw()
        )));
    }
    let mut first = vec![0; 1 << 16];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(
        &*stream,
        &mut [IoSliceMut::new(&mut first)],
        &mut control,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let mut descriptors: Vec<OwnedFd> = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(given) = message {
            descriptors.extend(given);
        }
    }
    first.truncate(received.bytes);
    // The runtime ends its side when it has said all.
    stream.take(STATE_MAX).read_to_end(&mut first)?;
    container(&first, descriptors)
}

fn container(state: &[u8], mut descriptors: Vec<OwnedFd>) -> io::Result<Container> {
    let lacks = |what: &str| io::Error::other(format!("the runtime's state has no {what}"));
    let state: Value = serde_json::from_slice(state)
        .map_err(|error| io::Error::other(format!("the runtime's state is no JSON: {error}")))?;
    let names = state.get("fds").and_then(Value::as_array);
    let place = names.and_then(|names| names.iter().position(|name| name == "seccompFd"));
    let place = place.filter(|&place| place < descriptors.len());
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    Ok(Container {
        listener: descriptors.swap_remove(place.ok_or_else(|| lacks("descriptor `seccompFd`"))?),
        id: text(state.pointer("/state/id")).ok_or_else(|| lacks("`state.id`"))?,
        process: state
            .get("pid")
            .and_then(Value::as_u64)
            .ok_or_else(|| lacks("`pid`"))?,
        metadata: text(state.get("metadata")).unwrap_or_default(),
    })
}

/// The `listenerMetadata` by which an agent knows whose calls it is asked about: the profile as it was written, and who reads it.
#[must_use]
pub fn metadata(profile: &Document, target: &Target) -> String {
    let profile: Value = serde_json::from_str(&profile.to_json()).expect("it was just written");
    let libseccomp = target.libseccomp.map(|version| version.to_string());
    json!({
        "callgate": "agent/v1",
        "target": target.to_string(),
        "libseccomp": libseccomp,
        "native": target.native.name(),
        "kernel": target.kernel.to_string(),
        "profile": profile,
    })
    .to_string()
}

/// What a container's filter means, by its metadata: the profile with its actions, and the policy that the runtime made of it.
///
/// # Errors
/// The metadata is another's, or the profile in it means nothing to the runtime.
pub fn meaning(metadata: &str) -> Result<(Profile, Resolved), String> {
    let metadata: Value = serde_json::from_str(metadata).map_err(|error| {
        format!("listenerMetadata is no JSON: {error}; `callgate export oci` writes it")
    })?;
    let text = |key: &str| metadata.get(key).and_then(Value::as_str);
    if text("callgate") != Some("agent/v1") {
        return Err(
            "listenerMetadata is not callgate's; `callgate export oci` writes it".to_owned(),
        );
    }
    let word = |key: &str| text(key).ok_or_else(|| format!("listenerMetadata has no `{key}`"));
    let mut target: Target = word("target")?
        .parse()
        .map_err(|error| format!("listenerMetadata: {error}"))?;
    target.native = word("native")?
        .parse()
        .map_err(|error| format!("listenerMetadata: {error}"))?;
    target.kernel = word("kernel")?
        .parse()
        .map_err(|error| format!("listenerMetadata: {error}"))?;
    target.libseccomp = match text("libseccomp") {
        None => None,
        Some(version) => Some(
            version
                .parse()
                .map_err(|error| format!("listenerMetadata: {error}"))?,
        ),
    };
    let written = metadata
        .get("profile")
        .map(Value::to_string)
        .unwrap_or_default();
    let of = |text: &str| {
        let parsed = parse(text.as_bytes(), &Options::default());
        parsed.profile.ok_or("listenerMetadata: `profile` is none")
    };
    let profile = of(&written)?;
    let document =
        Document::of(&profile).ok_or("listenerMetadata: `profile` has values of a wrong type")?;
    let mut lowered = document.lowered().map_err(|error| error.to_string())?;
    // The runtime had one, or there would be no listener.
    lowered.listener_path = Some("agent".to_owned());
    let mut resolved =
        read(&of(&lowered.to_json())?, &target).map_err(|refusal| refusal.to_string())?;
    // The runtime's rules are those of the lowered profile, by their places; the actions are those of the profile as it was written.
    for origin in &mut resolved.origins {
        let rule = profile.rules().get(origin.index);
        let action = rule.and_then(|rule| rule.value.action.as_ref());
        origin.custom = match action.map(|action| &action.value) {
            Some(ActionName::Custom(name)) => Some(name.as_str().into()),
            _ => None,
        };
    }
    Ok((profile, resolved))
}
