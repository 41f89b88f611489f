//! With the feature `kernel-headers`, makes the tables from the builder's headers; without it, does nothing.
//!
//! The work is tablegen's, as it is when the committed tables are made.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "kernel-headers")]
    if let Err(error) = from_headers::run() {
        println!("cargo::error=the feature kernel-headers: {error}");
    }
}

#[cfg(feature = "kernel-headers")]
mod from_headers {
    use std::env;
    use std::fs;
    use std::path::{Path, PathBuf};

    use callgate_tablegen::data::Files;
    use callgate_tablegen::headers::Headers;
    use callgate_tablegen::{Error, abi, generate, rust};

    /// The variable that names the folder of headers.
    const VARIABLE: &str = "CALLGATE_KERNEL_HEADERS";

    pub(crate) fn run() -> Result<(), Error> {
        println!("cargo::rerun-if-env-changed={VARIABLE}");
        println!("cargo::rerun-if-changed=tables");
        let folder = env::var_os(VARIABLE).map(PathBuf::from).ok_or_else(|| {
            Error::new(format!(
                "{VARIABLE} is not set; it names a folder of kernel headers, such as /usr/include"
            ))
        })?;
        println!(
            "cargo::rerun-if-changed={}",
            folder.join("linux/version.h").display()
        );
        let data = generate::overlay(&committed()?, &headers(&folder)?)?;
        let files = rust::render(&data)?;
        let out = PathBuf::from(variable("OUT_DIR")?);
        for (name, text) in &files {
            write(&out.join(name), text)?;
        }
        write(&out.join("generated.rs"), &rust::module(&files, &out))
    }

    /// The headers in `folder`: one `asm` for each arch, as Debian has them, or the target's only.
    fn headers(folder: &Path) -> Result<Headers, Error> {
        if !folder.join("asm").is_dir() {
            return Ok(Headers::new(folder));
        }
        let arch = variable("CARGO_CFG_TARGET_ARCH")?;
        let endian = variable("CARGO_CFG_TARGET_ENDIAN")?;
        let width = variable("CARGO_CFG_TARGET_POINTER_WIDTH")?;
        let abi = abi::of_target(&arch, &endian, &width)
            .ok_or_else(|| Error::new(format!("{arch} has no table of system calls here")))?;
        Ok(Headers::flat(folder, abi))
    }

    fn committed() -> Result<Files, Error> {
        let read = |&name: &&str| {
            let path = Path::new("tables").join(name);
            let text = fs::read_to_string(&path)
                .map_err(|error| Error::new(format!("{}: {error}", path.display())))?;
            Ok((name.to_owned(), text))
        };
        rust::DATA.iter().map(read).collect()
    }

    fn write(path: &Path, text: &str) -> Result<(), Error> {
        fs::write(path, text).map_err(|error| Error::new(format!("{}: {error}", path.display())))
    }

    fn variable(name: &str) -> Result<String, Error> {
        env::var(name).map_err(|error| Error::new(format!("{name}: {error}")))
    }
}
