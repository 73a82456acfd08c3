//! What a Visual Studio project says that a compiler has to know.
//!
//! Only `CharacterSet`, `LanguageStandard` and the list of sources are read, and only by their tags: a project
//! file is what MSBuild makes of it, and this is no MSBuild.

use std::fs;
use std::path::Path;

use super::command_line::CharacterSet;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Project {
    pub characters: Option<CharacterSet>,
    /// The year of a C++ standard, such as 17.
    pub standard: Option<u8>,
}

/// How far above a source its project is looked for.
const PARENTS_MAX: usize = 3;

/// The project a source belongs to: one beside it or above it, one that names it if there are several.
pub fn of(source: &Path) -> Option<Project> {
    let source = std::path::absolute(source).ok()?;
    let name = source.file_name()?.to_string_lossy().to_ascii_lowercase();
    for directory in source.ancestors().skip(1).take(1 + PARENTS_MAX) {
        let mut projects: Vec<String> = fs::read_dir(directory)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("vcxproj"))
            })
            .filter_map(|path| fs::read(path).ok())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .collect();
        let naming = projects.iter().position(|text| names(text, &name));
        match (naming, projects.len()) {
            (Some(index), _) => return Some(read(&projects.swap_remove(index))),
            // A header-only sample, or a wildcard.
            (None, 1) if directory == source.parent()? => return Some(read(&projects[0])),
            _ => {}
        }
        // A repository's root, or a home: what lies above has nothing to do with this source.
        if directory.join(".git").exists() || directory.join(".sln").exists() {
            break;
        }
    }
    None
}

/// `<ClCompile Include="..\src\name" />`, or the same of a header.
fn names(project: &str, name: &str) -> bool {
    project
        .split("Include=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .any(|path| path.rsplit(['\\', '/']).next().is_some_and(|last| last.eq_ignore_ascii_case(name)))
}

fn read(project: &str) -> Project {
    let values = |tag: &str| {
        let open = format!("<{tag}>");
        project
            .split(&open)
            .skip(1)
            .filter_map(|rest| rest.split('<').next())
            .map(|value| value.trim().to_owned())
            .collect::<Vec<_>>()
    };
    let sets = values("CharacterSet");
    let unicode = sets.iter().any(|set| set == "Unicode");
    let standards = values("LanguageStandard");
    let standard = standards.iter().filter_map(|value| match value.as_str() {
        "stdcpplatest" => Some(23),
        other => other.strip_prefix("stdcpp")?.parse().ok(),
    });
    Project {
        characters: Some(if unicode { CharacterSet::Unicode } else { CharacterSet::MultiByte }),
        standard: standard.max(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNICODE: &str = "<Project><CharacterSet>Unicode</CharacterSet><LanguageStandard>stdcpp17</LanguageStandard>\
                           <ClCompile Include=\"src\\Main.cpp\" /></Project>";
    const MULTI_BYTE: &str =
        "<Project><CharacterSet>MultiByte</CharacterSet><ClCompile Include=\"other.cpp\" /></Project>";

    #[test]
    fn the_project_that_names_the_source_decides() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("src")).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::write(root.join("a.vcxproj"), UNICODE).unwrap();
        fs::write(root.join("b.vcxproj"), MULTI_BYTE).unwrap();
        let expected = Project { characters: Some(CharacterSet::Unicode), standard: Some(17) };
        assert_eq!(of(&root.join("src/main.cpp")), Some(expected));
        let expected = Project { characters: Some(CharacterSet::MultiByte), standard: None };
        assert_eq!(of(&root.join("other.cpp")), Some(expected));
        assert_eq!(of(&root.join("third.cpp")), None);
    }
}
