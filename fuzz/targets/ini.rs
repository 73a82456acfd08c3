//! Any file: every entry has a value, one that is set is read, and one that is removed is gone.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_win32::testing::Ini;

fuzz_target!(|bytes: &[u8]| {
    let ini = Ini::of(bytes);
    for section in ini.sections() {
        for (key, _) in ini.entries(section) {
            assert!(ini.value(section, key).is_some(), "[{section}] {key}");
        }
    }
    let Some(section) = ini.sections().first().map(|&section| section.to_owned()) else { return };
    let Some(key) = ini.entries(&section).first().map(|&(key, _)| key.to_owned()) else { return };
    let mut changed = Ini::of(bytes);
    changed.set(&section, Some(&key), Some("new"));
    assert_eq!(changed.value(&section, &key), Some("new"));
    let entries = changed.entries(&section).len();
    changed.set(&section, Some(&key), None);
    assert_eq!(changed.entries(&section).len(), entries - 1);
    let sections = changed.sections().len();
    changed.set(&section, None, None);
    assert_eq!(changed.sections().len(), sections - 1);
});
