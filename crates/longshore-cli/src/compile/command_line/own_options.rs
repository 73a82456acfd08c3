//! The options that are the wrapper's own.

use std::ffi::{OsStr, OsString};

use super::{CharacterSet, CommandLine, Print, code_page};
use crate::failure::Failure;

impl CommandLine {
    /// Takes an option of ours, and its value; false when it is not ours.
    pub(super) fn own_option(
        &mut self,
        argument: &OsStr,
        arguments: &mut impl Iterator<Item = OsString>,
    ) -> Result<bool, Failure> {
        let Some(text) = argument.to_str().filter(|text| text.starts_with("--")) else { return Ok(false) };
        let (name, mut joined) = match text.split_once('=') {
            Some((name, value)) => (name, Some(OsString::from(value))),
            None => (text, None),
        };
        let mut value = || {
            joined
                .take()
                .or_else(|| arguments.next())
                .ok_or_else(|| Failure::new(format!("{name} needs a value: {name}=...")))
        };
        let choices = &mut self.choices;
        match name {
            "--help" => choices.help = true,
            "--verbose" => choices.verbose = true,
            "--print-flags" => choices.print = Some(Print::All),
            "--cflags" => choices.print = Some(Print::Compile),
            "--libs" => choices.print = Some(Print::Link),
            "--compiler" => choices.compiler = Some(value()?),
            "--sdk" => choices.sdk = Some(value()?.into()),
            "--unicode" => choices.characters = Some(CharacterSet::Unicode),
            "--mbcs" => choices.characters = Some(CharacterSet::MultiByte),
            "--source-charset" => {
                let name = value()?;
                let charset = code_page::named(&name.to_string_lossy());
                choices.charset = Some(charset.ok_or_else(|| {
                    Failure::new(format!(
                        "no such character set: {}. Known are cp949, gbk, shift_jis, big5, windows-1252 and the other \
                         names of the WHATWG encoding standard",
                        name.display()
                    ))
                })?);
            }
            "--msc-ver" => {
                let version =
                    joined.take().map_or("1930".to_owned(), |value| value.to_string_lossy().into_owned());
                choices.msc_version = Some(version);
            }
            "--no-windows-macros" => choices.windows_macros_off = true,
            "--no-linux-macros" => choices.linux_macros_off = true,
            "--strict" => choices.strict = true,
            "--no-prelude" => choices.prelude_off = true,
            "--no-project" => choices.project_off = true,
            "--no-rewriting" => choices.rewriting_off = true,
            "--keep" => choices.keep = Some(value()?.into()),
            "--shared-runtime" => choices.shared_runtime = true,
            _ => return Ok(false),
        }
        Ok(true)
    }
}
