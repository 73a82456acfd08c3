//! What a Visual Studio project says that a compiler has to know.
//!
//! Read are the character set, the C++ standard, include directories, definitions, forced includes and
//! the list of sources, by their tags. Conditions are not evaluated, since nobody says which
//! configuration is meant: include directories are those of all, definitions those of Release on x64 (or
//! else of the last one), and a character set that is not the default in one of them was chosen by
//! somebody. Property sheets are left alone.

use std::fs;
use std::path::{Path, PathBuf};

use super::includes::Listings;
use crate::compile::command_line::CharacterSet;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Project {
    pub directory: Option<PathBuf>,
    pub characters: Option<CharacterSet>,
    /// The year of the C++ standard, such as 17.
    pub standard: Option<u8>,
    /// As far as they exist.
    pub include_directories: Vec<PathBuf>,
    /// `NAME` or `NAME=VALUE`.
    pub definitions: Vec<String>,
    /// Names, to be looked for as headers are.
    pub forced_includes: Vec<String>,
}

/// How far above a source its project is looked for.
const PARENTS_MAX: usize = 3;

/// The C++ standard of a project that names none, in every Visual Studio since 2017.
const STANDARD_DEFAULT: u8 = 14;

/// Definitions that are made anyway, or that stand for a choice of the compiler's command line.
const OWN_DEFINITIONS: [&str; 10] =
    ["WIN32", "_WIN32", "_WIN64", "WIN64", "_DEBUG", "NDEBUG", "UNICODE", "_UNICODE", "_MBCS", "DEBUG"];

/// The project a source belongs to: one beside it or above it that names it, or the only one beside it.
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
            (Some(index), _) => return Some(read(&projects.swap_remove(index), directory)),
            // A source that was added without the project's knowledge, such as a header or a test.
            (None, 1) if directory == source.parent()? => return Some(read(&projects[0], directory)),
            _ => {}
        }
        // What lies above a repository's root has nothing to do with this source.
        if directory.join(".git").exists() {
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

/// The contents of every `<tag ...>...</tag>`, with the attributes.
fn elements<'a>(text: &'a str, tag: &str) -> Vec<(&'a str, &'a str)> {
    let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(&open) {
        rest = &rest[at + open.len()..];
        let Some((attributes, content)) = rest.split_once('>') else { break };
        let whole = attributes.is_empty() || attributes.starts_with([' ', '\n', '\r', '\t']);
        if whole
            && !attributes.ends_with('/')
            && let Some(end) = content.find(&close)
        {
            found.push((attributes, &content[..end]));
            rest = &content[end..];
        }
    }
    found
}

/// The group for Release on x64 if there is one, else the last for x64, else the last.
fn chosen<'a>(groups: &[(&'a str, &'a str)]) -> Option<&'a str> {
    let last = |words: &[&str]| {
        groups.iter().rev().find(|(attributes, _)| words.iter().all(|word| attributes.contains(word)))
    };
    last(&["Release", "x64"]).or_else(|| last(&["x64"])).or_else(|| last(&[])).map(|(_, content)| *content)
}

fn read(project: &str, directory: &Path) -> Project {
    let sets = elements(project, "CharacterSet");
    let unicode = !sets.is_empty() && sets.iter().all(|(_, set)| set.trim() == "Unicode");
    let standard = |value: &str| match value.trim() {
        "stdcpplatest" => Some(23),
        other => other.strip_prefix("stdcpp").and_then(|year| year.parse().ok()),
    };
    let standards = elements(project, "LanguageStandard");
    let group = chosen(&elements(project, "ItemDefinitionGroup")).unwrap_or_default();
    let list = |text: &str, tag: &str| -> Vec<String> {
        elements(text, tag)
            .iter()
            .flat_map(|(_, content)| content.split(';'))
            .map(|item| item.trim().trim_matches('"').to_owned())
            .filter(|item| !item.is_empty() && !item.starts_with("%("))
            .collect()
    };
    let mut directories = list(group, "AdditionalIncludeDirectories");
    directories.extend(list(project, "AdditionalIncludeDirectories"));
    directories.extend(list(project, "IncludePath"));
    let mut listings = Listings::default();
    let mut include_directories: Vec<PathBuf> = Vec::new();
    for path in directories.iter().filter_map(|item| expanded(item, directory)) {
        let found = listings.fold_directory(&path);
        include_directories.extend(found.filter(|path| !include_directories.contains(path)));
    }
    let definitions = list(group, "PreprocessorDefinitions").into_iter().filter(|definition| {
        let name = definition.split('=').next().unwrap_or_default();
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        plain && !OWN_DEFINITIONS.contains(&name)
    });
    Project {
        directory: Some(directory.to_path_buf()),
        characters: Some(if unicode { CharacterSet::Unicode } else { CharacterSet::MultiByte }),
        standard: Some(
            standards.iter().filter_map(|(_, value)| standard(value)).max().unwrap_or(STANDARD_DEFAULT),
        ),
        include_directories,
        definitions: definitions.collect(),
        forced_includes: list(group, "ForcedIncludeFiles"),
    }
}

/// A path with the variables that can be known; None for one with others, such as the Windows SDK's.
fn expanded(path: &str, directory: &Path) -> Option<PathBuf> {
    let mut text = path.replace('\\', "/");
    let solution = || {
        let has_solution = |directory: &&Path| {
            fs::read_dir(directory).into_iter().flatten().flatten().any(|entry| {
                let name = entry.file_name();
                Path::new(&name)
                    .extension()
                    .is_some_and(|extension| extension == "sln" || extension == "slnx")
            })
        };
        directory.ancestors().take(4).find(has_solution).or_else(|| directory.parent()).unwrap_or(directory)
    };
    for (variable, value) in [
        ("$(ProjectDir)", Some(directory)),
        ("$(MSBuildProjectDirectory)", Some(directory)),
        ("$(MSBuildThisFileDirectory)", Some(directory)),
        ("$(SolutionDir)", None),
    ] {
        if let Some(at) = text.find(variable) {
            let value = value.unwrap_or_else(solution);
            let rest = &text[at + variable.len()..];
            text = format!("{}/{}", value.to_string_lossy(), rest.trim_start_matches('/'));
        }
    }
    (!text.contains("$(") && !text.contains("%(")).then(|| directory.join(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNICODE: &str = r#"<Project>
        <PropertyGroup><CharacterSet>Unicode</CharacterSet></PropertyGroup>
        <ItemDefinitionGroup Condition="'$(Configuration)|$(Platform)'=='Debug|x64'"><ClCompile>
          <PreprocessorDefinitions>_DEBUG;WRONG;%(PreprocessorDefinitions)</PreprocessorDefinitions>
        </ClCompile></ItemDefinitionGroup>
        <ItemDefinitionGroup Condition="'$(Configuration)|$(Platform)'=='Release|x64'"><ClCompile>
          <LanguageStandard>stdcpp17</LanguageStandard>
          <PreprocessorDefinitions>WIN32;NDEBUG;NOMINMAX;LEVEL=2;%(PreprocessorDefinitions)</PreprocessorDefinitions>
          <AdditionalIncludeDirectories>$(SolutionDir)common;Inc;$(VCInstallDir)x;none</AdditionalIncludeDirectories>
          <ForcedIncludeFiles>pch.h</ForcedIncludeFiles>
        </ClCompile></ItemDefinitionGroup>
        <ItemGroup><ClCompile Include="src\Main.cpp" /></ItemGroup></Project>"#;
    const MULTI_BYTE: &str =
        "<Project><CharacterSet>MultiByte</CharacterSet><ClCompile Include=\"other.cpp\" /></Project>";

    #[test]
    fn the_project_that_names_the_source_decides() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("Server");
        for folder in ["src", ".git", "inc", "../Common"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(directory.path().join("all.sln"), "").unwrap();
        fs::write(root.join("a.vcxproj"), UNICODE).unwrap();
        fs::write(root.join("b.vcxproj"), MULTI_BYTE).unwrap();
        let expected = Project {
            directory: Some(root.clone()),
            characters: Some(CharacterSet::Unicode),
            standard: Some(17),
            include_directories: vec![directory.path().join("Common"), root.join("inc")],
            definitions: vec!["NOMINMAX".into(), "LEVEL=2".into()],
            forced_includes: vec!["pch.h".into()],
        };
        assert_eq!(of(&root.join("src/main.cpp")), Some(expected));
        let expected = Project {
            directory: Some(root.clone()),
            characters: Some(CharacterSet::MultiByte),
            standard: Some(14),
            ..Project::default()
        };
        assert_eq!(of(&root.join("other.cpp")), Some(expected));
        assert_eq!(of(&root.join("third.cpp")), None);
    }
}
