//! Lists of packages, features and versions agree with one another.

use std::{collections::BTreeSet, fs, path::Path};

/// The parts of a manifest that are looked at.
struct Package {
    name: String,
    /// Relative to the workspace.
    folder: String,
    manifest: String,
}

/// The text of a file of the workspace.
fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

/// All packages that are published.
fn published() -> Vec<Package> {
    let protocols = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocols");
    let names = fs::read_dir(protocols).expect("there are protocols").map(|entry| {
        let name = entry.expect("a folder can be read").file_name();
        format!("protocols/{}", name.to_string_lossy())
    });
    let folders: BTreeSet<_> = names.chain([".".to_owned()]).collect();
    let packages = folders.into_iter().map(|folder| {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        let name = section(&manifest, "package").find_map(|line| line.strip_prefix("name = "));
        let name = name.expect("a package has a name").trim_matches('"').to_owned();
        Package { name, folder, manifest }
    });
    packages.collect()
}

/// The lines of a table of a manifest.
fn section<'a>(manifest: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let header = format!("[{name}]");
    let lines = manifest.lines().skip_while(move |line| *line != header).skip(1);
    lines.take_while(|line| !line.starts_with('['))
}

/// The strings in the list behind a key of a line.
fn strings(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2)
}

/// The features of a package, each with those that it turns on.
fn features(package: &Package) -> Vec<(&str, Vec<&str>)> {
    let lines = section(&package.manifest, "features").filter_map(|line| line.split_once(" = "));
    lines
        .filter(|(name, _)| *name != "default" && !name.starts_with('#'))
        .map(|(name, list)| (name, strings(list).collect()))
        .collect()
}

#[test]
fn the_readme_names_each_package_and_feature() {
    let readme = read("README.md");
    let rows: Vec<_> = readme.lines().filter(|line| line.starts_with("| ")).collect();
    for package in published() {
        let row = format!("| `{}` |", package.name);
        assert!(rows.iter().any(|line| line.starts_with(&row)), "no row of crates has {row}");
        let own = fs::read_to_string(
            Path::new(env!("CARGO_MANIFEST_DIR")).join(&package.folder).join("README.md"),
        );
        let own = own.unwrap_or_else(|_| panic!("{} has no README", package.name));
        for (feature, _) in features(&package) {
            let name = format!("`{feature}`");
            let named = |line: &str| line.starts_with('|') && line.contains(&name);
            assert!(own.lines().any(named), "{} says nothing of {name}", package.name);
            assert!(rows.iter().any(|line| named(line)), "the README says nothing of {name}");
        }
    }
}

/// So `cargo test` leaves nothing of a published package out.
#[test]
fn tests_turn_on_every_feature_of_their_package() {
    for package in published() {
        let own = format!("{} = {{ path = \".\"", package.name);
        let line = section(&package.manifest, "dev-dependencies")
            .find(|line| line.starts_with(&own))
            .unwrap_or_else(|| panic!("the tests of {} do not depend on it", package.name));
        let (_, list) = line.split_once("features = ").expect("it has features");
        let features = features(&package);
        let mut on: BTreeSet<_> = strings(list).chain(["std"]).collect();
        for _ in &features {
            let implied = features.iter().filter(|(name, _)| on.contains(name));
            let implied: Vec<_> = implied.flat_map(|(_, list)| list.iter().copied()).collect();
            on.extend(implied);
        }
        for (feature, _) in features {
            assert!(on.contains(feature), "the tests of {} are without {feature}", package.name);
        }
    }
}

#[test]
fn the_workspace_hands_out_each_package() {
    let manifest = read("Cargo.toml");
    for package in published() {
        let line = match package.folder.as_str() {
            "." => format!("{} = {{ path = \".\", version", package.name),
            folder => format!("{} = {{ path = \"{folder}\", version", package.name),
        };
        let mut lines = section(&manifest, "workspace.dependencies");
        assert!(lines.any(|other| other.starts_with(&line)), "no line begins with {line}");
    }
}

#[test]
fn one_oldest_rust_is_told_everywhere() {
    let manifest = read("Cargo.toml");
    let line =
        section(&manifest, "workspace.package").find(|line| line.starts_with("rust-version"));
    let version = strings(line.expect("there is an oldest Rust")).next().unwrap().to_owned();
    for package in published() {
        let readme = read(&format!("{}/README.md", package.folder));
        let told = format!("Rust {version}");
        assert!(readme.contains(&told), "the README of {} does not say {told}", package.name);
    }
    assert!(read("CONTRIBUTING.md").contains(&format!("Rust {version}")));
    let strangers = read("fuzz/strangers/Cargo.toml");
    assert!(strangers.contains(&format!("rust-version = \"{version}\"")));
}
