//! `explain`: the call fails, and the user is told why.
//!
//! Apart from `SCMP_ACT_ERRNO`, of which nobody hears but the program.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::config::Config;
use super::{Made, Plugin, Surroundings};
use crate::call::Call;
use crate::registry::{EPERM, NotifyHandler};
use crate::reply::Reply;

pub(super) const PLUGIN: Plugin = Plugin {
    name: "explain",
    about: "deny the call, and say which rule did and what would allow it",
    manual: "\
The call fails, and the supervisor says on standard error which call it was, which rule of the profile denied it, and what would
allow it. The same call by the same program is told once.

`errno`: the name of the errno that the caller gets; EPERM by default.",
    around: &[],
    gives_descriptors: false,
    make,
};

struct Explain {
    errno: u16,
    surroundings: Surroundings,
    told: Mutex<HashSet<String>>,
}

fn make(with: Option<&Value>, surroundings: &Surroundings) -> Made {
    let mut config = Config::of(with);
    let explain = Explain {
        errno: config.errno("errno").unwrap_or(EPERM),
        surroundings: surroundings.clone(),
        told: Mutex::default(),
    };
    config.finish(Box::new(explain) as Box<dyn NotifyHandler>)
}

impl NotifyHandler for Explain {
    fn handle(&self, call: &Call<'_>) -> io::Result<Reply> {
        let Surroundings { say, explain, .. } = &self.surroundings;
        let words: Arc<_> = explain.clone();
        let text = words(call);
        let is_new = |told: &Mutex<HashSet<String>>| match told.lock() {
            Ok(mut told) => told.insert(text.clone()),
            Err(_) => true,
        };
        if is_new(&self.told) {
            say(&text);
        }
        Ok(Reply::Errno(self.errno))
    }
}
