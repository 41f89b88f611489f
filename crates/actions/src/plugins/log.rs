//! `log`: a record of each call, which is then made.
//!
//! Apart from `SCMP_ACT_LOG`, which writes to the kernel's log, loses records under load and knows no names.

use std::io;
use std::sync::Arc;

use serde_json::{Value, json};

use super::config::Config;
use super::{Made, Plugin, Surroundings};
use crate::call::Call;
use crate::external;
use crate::registry::NotifyHandler;
use crate::reply::{Race, Reply};

pub(super) const PLUGIN: Plugin = Plugin {
    name: "log",
    about: "write a record of each call, and let it be made",
    manual: "\
Each call becomes a line of JSON on the supervisor's standard error, and is made:

    {\"pid\":4711,\"arch\":\"x86_64\",\"call\":\"openat\",\"args\":[4294967196,140733,0,0,0,0],\"strings\":{\"filename\":\"/etc/hosts\"}}

`strings` are the texts that the caller's memory held for its paths. They are for reading: the caller can change
them before the kernel reads them.

No settings.",
    around: &[],
    gives_descriptors: false,
    make,
};

struct Log {
    say: Arc<dyn Fn(&str) + Send + Sync>,
}

fn make(with: Option<&Value>, surroundings: &Surroundings) -> Made {
    let log = Log {
        say: surroundings.say.clone(),
    };
    Config::of(with).finish(Box::new(log) as Box<dyn NotifyHandler>)
}

impl NotifyHandler for Log {
    fn handle(&self, call: &Call<'_>) -> io::Result<Reply> {
        let record = json!({
            "pid": call.thread(),
            "arch": call.arch().name(),
            "call": call.name(),
            "args": call.data().args,
            "strings": external::strings(call),
        });
        (self.say)(&record.to_string());
        Ok(Reply::Continue(Race::NothingDecided))
    }
}
