//! A program as source text of other languages, to be compiled into theirs.

use alloc::string::String;

use crate::program::Program;

impl Program {
    /// A C array of `struct sock_filter`, with this name and what it includes.
    #[must_use]
    pub fn to_c(&self, name: &str) -> String {
        let head = alloc::format!(
            "#include <linux/filter.h>\n\nstatic const struct sock_filter {name}[{}] = {{\n",
            self.len()
        );
        self.rows(head, "};\n", |code, jt, jf, k| {
            alloc::format!("\t{{ {code:#06x}, {jt}, {jf}, {k:#010x} }},\n")
        })
    }

    /// A Rust array of records `(code, jt, jf, k)`, with this name.
    #[must_use]
    pub fn to_rust(&self, name: &str) -> String {
        let head = alloc::format!(
            "pub const {name}: [(u16, u8, u8, u32); {}] = [\n",
            self.len()
        );
        self.rows(head, "];\n", |code, jt, jf, k| {
            alloc::format!("    ({code:#06x}, {jt}, {jf}, {k:#010x}),\n")
        })
    }

    fn rows(&self, head: String, foot: &str, row: impl Fn(u16, u8, u8, u32) -> String) -> String {
        let mut text = head;
        for insn in self.insns() {
            let raw = insn.to_raw();
            text.push_str(&row(raw.code, raw.jt, raw.jf, raw.k));
        }
        text.push_str(foot);
        text
    }
}
