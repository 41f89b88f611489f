//! Integer constants out of C headers, by clang.
//!
//! Names are found in the text of a header, values by the compiler: each becomes an enumerator of its own that bindgen reports.
//! So `_IOR('T', 0x30, unsigned int)` or `(__X32_SYSCALL_BIT + 16)` cost nothing more than `3`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bindgen::callbacks::{EnumVariantCustomBehavior, EnumVariantValue, ParseCallbacks};

use crate::Error;
use crate::abi::Abi;

/// What our enumerators begin with, so that no header can hold one.
const MARK: &str = "callgate_value_of_";

/// A tree of user-space kernel headers: one `asm` for each triple, or one only.
pub struct Headers {
    root: PathBuf,
    /// Whose `asm` stands directly in the root, where there is no folder for each triple.
    flat: Option<&'static str>,
}

impl Headers {
    /// The tree at `root`: Debian's `usr/include` with a folder for each triple.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            flat: None,
        }
    }

    /// The tree at `root`, whose own `asm` (that of `make headers_install`) is `abi`'s.
    #[must_use]
    pub fn flat(root: &Path, abi: &'static Abi) -> Self {
        Self {
            root: root.to_owned(),
            flat: Some(abi.triple),
        }
    }

    /// The folders in which a compiler for `abi` looks, nearest first; none when the tree does not have the ABI.
    fn folders(&self, abi: &Abi) -> Option<Vec<PathBuf>> {
        let own = self.root.join(abi.triple);
        if own.join("asm").is_dir() {
            return Some(vec![own, self.root.clone()]);
        }
        (self.flat == Some(abi.triple) && self.root.join("asm").is_dir())
            .then(|| vec![self.root.clone()])
    }

    /// Whether the tree has headers for `abi`.
    ///
    /// A folder may serve several ABIs and lack the calls of one, as `s390x-linux-gnu` does since 31-bit S/390 is gone.
    #[must_use]
    pub fn has(&self, abi: &Abi) -> bool {
        let Some(folders) = self.folders(abi) else {
            return false;
        };
        let unistd = |name: &str| folders[0].join("asm").join(name).is_file();
        match abi.name {
            "s390" => unistd("unistd_32.h"),
            "x32" => unistd("unistd_x32.h"),
            "mips64n32" | "mipsel64n32" => unistd("unistd_n32.h"),
            "parisc64" => unistd("unistd_64.h"),
            _ => unistd("unistd.h"),
        }
    }

    /// The release that `linux/version.h` states: major, minor and the stable release.
    ///
    /// # Errors
    /// The file is not there, or states no version.
    pub fn version(&self) -> Result<[u32; 3], Error> {
        let path = self.root.join("linux/version.h");
        let text = crate::read(&path)?;
        let code = text
            .lines()
            .find_map(|line| line.strip_prefix("#define LINUX_VERSION_CODE "))
            .and_then(|code| code.trim().parse::<u32>().ok())
            .ok_or_else(|| Error::new(format!("{}: no LINUX_VERSION_CODE", path.display())))?;
        Ok([code >> 16, code >> 8 & 0xff, code & 0xff])
    }

    /// The text of `header` as `abi` has it; empty when it has none.
    pub(crate) fn text(&self, abi: &Abi, header: &str) -> String {
        let folders = self.folders(abi).unwrap_or_default();
        folders
            .iter()
            .find_map(|folder| std::fs::read_to_string(folder.join(header)).ok())
            .unwrap_or_default()
    }

    /// Every name that `asm/unistd*.h` defines, without `__NR_` and the like.
    pub(crate) fn call_macros(&self, abi: &Abi) -> Result<BTreeSet<String>, Error> {
        let folder = self
            .folders(abi)
            .ok_or_else(|| Error::new(format!("no headers for {}", abi.name)))?
            .swap_remove(0)
            .join("asm");
        let mut names = BTreeSet::new();
        for entry in crate::list(&folder)? {
            let file = entry.file_name().unwrap_or_default().to_string_lossy();
            if file.starts_with("unistd") {
                names.extend(defined_names(&crate::read(&entry)?));
            }
        }
        names.retain(|name| name.starts_with("__NR_") || name.starts_with("__ARM_NR_"));
        Ok(names)
    }

    /// The values of `names` after `prelude`, as `abi` has them; a macro that it does not define is left out.
    ///
    /// A value of four bytes is given without its sign: `AT_FDCWD` is `0xffff_ff9c`.
    ///
    /// # Errors
    /// clang is not there, or does not understand the headers.
    pub(crate) fn values(
        &self,
        abi: &Abi,
        prelude: &str,
        names: &[Name],
    ) -> Result<BTreeMap<String, u64>, Error> {
        if !clang_sys::is_loaded() {
            clang_sys::load().map_err(|error| Error::new(format!("no libclang: {error}")))?;
        }
        let folders = self
            .folders(abi)
            .ok_or_else(|| Error::new(format!("no headers for {}", abi.name)))?;
        let mut source = format!("{prelude}\n");
        for name in names {
            source.push_str(&name.enumerator());
        }
        let found = Rc::new(RefCell::new(BTreeMap::new()));
        let mut builder = bindgen::Builder::default()
            // Older headers include libc's, from which they need nothing here.
            .header_contents("callgate-empty/unistd.h", "")
            .header_contents("callgate-values.h", &source)
            .clang_args(abi.target.arguments())
            .clang_args(["-nostdinc", "-Wno-everything", "-ferror-limit=20"])
            .allowlist_type(format!("{MARK}.*"))
            .clang_arg(format!("-I{}", empty_folder()?.display()))
            .layout_tests(false)
            .formatter(bindgen::Formatter::None)
            .parse_callbacks(Box::new(Collector(found.clone())));
        for folder in folders {
            builder = builder.clang_arg(format!("-I{}", folder.display()));
        }
        builder
            .generate()
            .map_err(|error| Error::new(format!("the headers of {}: {error}", abi.name)))?;
        Ok(found.take())
    }
}

/// The folder, which need not exist, of the files that clang is to find empty.
fn empty_folder() -> Result<PathBuf, Error> {
    let here = std::env::current_dir().map_err(|error| Error::new(error.to_string()))?;
    Ok(here.join("callgate-empty"))
}

/// A name whose value is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    /// A macro, which an ABI may not define.
    Macro(String),
    /// An enumerator, which is there or the headers are wrong.
    Enumerator(String),
}

impl Name {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Macro(name) | Self::Enumerator(name) => name,
        }
    }

    fn enumerator(&self) -> String {
        let name = self.as_str();
        let value = format!(
            "enum {MARK}{name}_type : unsigned long long {{ {MARK}{name} = \
             sizeof({name}) <= 4 ? (unsigned int)({name}) : (unsigned long long)({name}) }};\n"
        );
        match self {
            Self::Macro(_) => format!("#ifdef {name}\n{value}#endif\n"),
            Self::Enumerator(_) => value,
        }
    }
}

/// The names of the macros without parameters that a header's text defines, in its order.
pub(crate) fn defined_names(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix('#')?.trim_start();
        let rest = rest.strip_prefix("define")?;
        let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        (!after.starts_with('(') && !after.trim().is_empty()).then(|| name.to_owned())
    })
}

/// The enumerators of `enum tag` in a header's text, or of every enum without a tag when it is `-`.
pub(crate) fn enumerator_names(text: &str, tag: &str) -> Vec<String> {
    let opening = match tag {
        "-" => "enum {".to_owned(),
        tag => format!("enum {tag} {{"),
    };
    let mut inside = false;
    let mut names = Vec::new();
    for line in text.lines().map(str::trim) {
        if line == opening {
            inside = true;
            continue;
        }
        if line.starts_with('}') {
            inside = false;
        }
        let end = line
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(line.len());
        let (name, after) = line.split_at(end);
        let after = after.trim_start();
        let is_whole = after.is_empty() || after.starts_with([',', '=', '/']);
        if inside && is_whole && !name.is_empty() {
            names.push(name.to_owned());
        }
    }
    names
}

#[derive(Debug)]
struct Collector(Rc<RefCell<BTreeMap<String, u64>>>);

impl ParseCallbacks for Collector {
    fn enum_variant_behavior(
        &self,
        _enum_name: Option<&str>,
        name: &str,
        value: EnumVariantValue,
    ) -> Option<EnumVariantCustomBehavior> {
        if let Some(name) = name.strip_prefix(MARK) {
            let value = match value {
                EnumVariantValue::Signed(value) => value.cast_unsigned(),
                EnumVariantValue::Unsigned(value) => value,
                EnumVariantValue::Boolean(value) => value.into(),
            };
            self.0.borrow_mut().insert(name.to_owned(), value);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_the_text() {
        let text = "#define __NR_read 0\n# define  A\tB\n#define F(x) x\n#define GUARD_H\n//#define NO 1\n";
        assert_eq!(defined_names(text).collect::<Vec<_>>(), ["__NR_read", "A"]);
        let text = "enum bpf_cmd {\n\tBPF_MAP_CREATE,\n\tBPF_PROG_LOAD = 5, /* x */\n\tBPF_LAST\n};\nBPF_NOT,\n";
        let names = ["BPF_MAP_CREATE", "BPF_PROG_LOAD", "BPF_LAST"];
        assert_eq!(enumerator_names(text, "bpf_cmd"), names);
        assert!(enumerator_names(text, "bpf").is_empty());
    }
}
