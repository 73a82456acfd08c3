//! Options of MinGW's compiler and linker about PE files. They have no meaning here, because the files are
//! ELF, but builds for MinGW (CMake's, too) pass them.

use std::path::PathBuf;

/// Of the linker, with a value: `--name value` or `--name=value`.
const WITH_VALUE: [&str; 18] = [
    "base-file",
    "dll-search-prefix",
    "exclude-modules-for-implib",
    "exclude-symbols",
    "file-alignment",
    "heap",
    "image-base",
    "major-image-version",
    "major-os-version",
    "major-subsystem-version",
    "minor-image-version",
    "minor-os-version",
    "minor-subsystem-version",
    "out-implib",
    "output-def",
    "section-alignment",
    "stack",
    "subsystem",
];

/// Of the linker, without one; each also as `disable-...` and `no-...`.
const FLAGS: [&str; 22] = [
    "add-stdcall-alias",
    "appcontainer",
    "auto-image-base",
    "auto-import",
    "dll",
    "dynamicbase",
    "enable-extra-pe-debug",
    "enable-runtime-pseudo-reloc-v2",
    "exclude-all-symbols",
    "export-all-symbols",
    "forceinteg",
    "high-entropy-va",
    "insert-timestamp",
    "isolation",
    "kill-at",
    "large-address-aware",
    "long-section-names",
    "nxcompat",
    "reloc-section",
    "runtime-pseudo-reloc",
    "seh",
    "tsaware",
];

const MORE_FLAGS: [&str; 5] =
    ["bind", "leading-underscore", "stdcall-fixup", "warn-duplicate-exports", "wdmdriver"];

/// The meaning of the compiler's own options of this kind.
pub enum Meaning {
    Nothing,
    /// `-municode`
    Unicode,
    /// `-mdll`
    SharedObject,
}

/// What an option of the compiler means, if it is one of these.
pub fn of_compiler(option: &str) -> Option<Meaning> {
    match option {
        "-mwindows" | "-mconsole" | "-mthreads" | "-mwin32" | "-mms-bitfields" => Some(Meaning::Nothing),
        "-municode" => Some(Meaning::Unicode),
        "-mdll" => Some(Meaning::SharedObject),
        _ => None,
    }
}

/// Goes through the linker's options in order; a value may come in an argument of its own.
#[derive(Debug, Default)]
pub struct Sieve {
    awaited: Option<String>,
    /// `--out-implib`: where a library is expected that stands for the shared object being linked.
    pub import_library: Option<PathBuf>,
}

impl Sieve {
    /// Whether this word is passed to the linker.
    pub fn passes(&mut self, word: &str) -> bool {
        if let Some(option) = self.awaited.take() {
            self.value(&option, word);
            return false;
        }
        let Some(name) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else { return true };
        let (name, value) = name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value)));
        if WITH_VALUE.contains(&name) {
            match value {
                Some(value) => self.value(name, value),
                None => self.awaited = Some(name.to_owned()),
            }
            return false;
        }
        let bare = ["enable-", "disable-", "no-"]
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix))
            .unwrap_or(name);
        let flag = |name: &str| FLAGS.contains(&name) || MORE_FLAGS.contains(&name);
        // One letter after one dash, or a word ELF has too, is never taken for one of these.
        !(flag(name) || flag(bare))
    }

    /// The rest of `-Wl,a,b,c`, if anything is left of it.
    pub fn list(&mut self, words: &str) -> Option<String> {
        let kept: Vec<&str> = words.split(',').filter(|word| self.passes(word)).collect();
        (!kept.is_empty()).then(|| format!("-Wl,{}", kept.join(",")))
    }

    fn value(&mut self, option: &str, value: &str) {
        if option == "out-implib" {
            self.import_library = Some(value.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_pe_files_is_dropped_and_nothing_else() {
        let mut sieve = Sieve::default();
        for words in [
            "--major-image-version,0,--minor-image-version,0",
            "--subsystem,windows",
            "--subsystem=console",
            "-subsystem,windows",
            "--stack,16777216",
            "--kill-at",
            "--enable-auto-import",
            "--disable-dynamicbase,--no-seh,--nxcompat",
            "--export-all-symbols",
            "--out-implib,libx.dll.a",
        ] {
            assert_eq!(sieve.list(words), None, "{words}");
        }
        assert_eq!(sieve.import_library, Some("libx.dll.a".into()));
        for words in [
            "-s",
            "--gc-sections",
            "--whole-archive",
            "--no-whole-archive",
            "-rpath,/x",
            "--exclude-libs,ALL",
            "--export-dynamic",
            "-z,stack-size=1",
            "--start-group",
            "--defsym,stack=1",
        ] {
            assert_eq!(sieve.list(words), Some(format!("-Wl,{words}")));
        }
        assert_eq!(sieve.list("-s,--stack,1,--as-needed"), Some("-Wl,-s,--as-needed".into()));
    }

    #[test]
    fn a_value_may_come_in_the_next_argument() {
        let mut sieve = Sieve::default();
        assert!(!sieve.passes("--subsystem") && !sieve.passes("windows") && sieve.passes("-s"));
        assert_eq!(sieve.list("--out-implib"), None);
        assert_eq!((sieve.list("x.a"), sieve.import_library.as_deref()), (None, Some("x.a".as_ref())));
    }
}
