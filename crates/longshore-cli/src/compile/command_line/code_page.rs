//! `--source-charset`: the names people call a code page.

use encoding_rs::Encoding;

/// A code page by one of its names: 949, cp949, windows-949, euc-kr, gbk, shift_jis, ...
pub fn named(name: &str) -> Option<&'static Encoding> {
    let lower = name.to_ascii_lowercase();
    let number = ["windows-", "windows", "cp", "ms", ".", ""].iter().find_map(|prefix| {
        lower
            .strip_prefix(prefix)
            .filter(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let label = match number {
        Some("949") => "euc-kr".to_owned(),
        Some("936") => "gbk".to_owned(),
        Some("932") => "shift_jis".to_owned(),
        Some("950") => "big5".to_owned(),
        Some("54936") => "gb18030".to_owned(),
        Some("65001") => "utf-8".to_owned(),
        Some("1200") => "utf-16le".to_owned(),
        Some("1201") => "utf-16be".to_owned(),
        Some(digits) if digits.len() == 4 => format!("windows-{digits}"),
        _ => lower,
    };
    Encoding::for_label(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_pages_are_known_by_all_their_names() {
        for name in ["949", "CP949", "euc-kr", "gbk", "936", "shift_jis", "windows-1252", ".1252", "utf-8"] {
            assert!(named(name).is_some(), "{name}");
        }
        assert!(named("klingon").is_none());
    }
}
