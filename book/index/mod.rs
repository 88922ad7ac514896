//! The index of the API: the names that modules export, each with the first sentence of its
//! documentation.

use std::{fs, io, path::PathBuf};

/// The page. Behind a mark `<!-- index: combine.rs .. -->` stands the table of that module, up to
/// `<!-- end -->`.
const PAGE: &str = "src/api.md";

/// Returns the page as it is to be, and its path.
///
/// # Errors
/// When a file cannot be read, or no documentation is found for a name.
pub fn made() -> io::Result<(PathBuf, String)> {
    let page = place(PAGE);
    let text = fs::read_to_string(&page)?.replace("\r\n", "\n");
    let mut made = String::new();
    let mut rest = text.as_str();
    while let Some((before, marked)) = rest.split_once("<!-- index: ") {
        let parts = marked.split_once(" -->").zip(marked.split_once("<!-- end -->"));
        let ((files, _), (_, behind)) = parts.ok_or_else(|| io::Error::other("a mark is open"))?;
        made += &format!("{before}<!-- index: {files} -->\n\n{}\n<!-- end -->", table(files)?);
        rest = behind;
    }
    Ok((page, made + rest))
}

/// Writes the table of a module. `files` are its own file and those in which its names are
/// documented, or folders of such files.
fn table(files: &str) -> io::Result<String> {
    let mut sources = Vec::new();
    for file in files.split(' ') {
        read(&place("../src").join(file), &mut sources)?;
    }
    let mut rows: Vec<(String, String)> = Vec::new();
    for name in exported(sources.first().map_or("", String::as_str)) {
        let documentation = sources.iter().find_map(|source| sentence(source, &name));
        match documentation {
            Some(text) if text.is_empty() => {} // hidden
            Some(text) => rows.push((name, text)),
            None => return Err(io::Error::other(format!("{name} of {files} is not documented"))),
        }
    }
    rows.sort_by_key(|(name, _)| name.to_lowercase());
    let mut table = "| name | |\n|---|---|\n".to_owned();
    for (name, text) in rows {
        table += &format!("| `{name}` | {} |\n", text.replace('|', "\\|"));
    }
    Ok(table)
}

/// Reads a file, or all files of a folder.
fn read(path: &PathBuf, sources: &mut Vec<String>) -> io::Result<()> {
    if path.is_dir() {
        let mut paths: Vec<_> = fs::read_dir(path)?.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        return paths.iter().try_for_each(|path| read(path, sources));
    }
    sources.push(fs::read_to_string(path)?.replace("\r\n", "\n"));
    Ok(())
}

/// Returns the names that a file exports: by `pub use`, and what it defines itself.
fn exported(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    for used in source.split("\npub use ").skip(1) {
        let Some((used, _)) = used.split_once(';') else { continue };
        let list = used.rsplit_once('{').map_or(used, |(_, list)| list.trim_end_matches('}'));
        let list = list.split(',').map(|name| name.rsplit("::").next().unwrap_or(name).trim());
        names.extend(list.filter(|name| !name.is_empty()).map(str::to_owned));
    }
    for line in source.lines() {
        let leaf = line.strip_prefix("    ").and_then(by_macro);
        names.extend(leaf.map(str::to_owned));
        for kind in KINDS {
            if let Some(name) = line.strip_prefix("pub ").and_then(|line| line.strip_prefix(kind)) {
                names.push(identifier(name).to_owned());
            }
        }
    }
    names
}

/// Returns the first sentence of the documentation of `name`, if `source` defines it; an empty one
/// if it is hidden.
fn sentence(source: &str, name: &str) -> Option<String> {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let at = lines.iter().position(|line| {
        let public = line.strip_prefix("pub ");
        let mut names = public
            .iter()
            .flat_map(|public| KINDS.iter().filter_map(|kind| public.strip_prefix(kind)));
        names.any(|rest| identifier(rest) == name) || by_macro(line) == Some(name)
    })?;
    let is_above = |line: &&&str| {
        line.starts_with("///")
            || !(line.is_empty() || line.starts_with('}') || line.ends_with(['{', ';']))
    };
    let above: Vec<&str> = lines[..at].iter().rev().take_while(is_above).copied().collect();
    if above.contains(&"#[doc(hidden)]") {
        return Some(String::new());
    }
    let documentation = above.iter().rev().filter_map(|line| line.strip_prefix("///"));
    let paragraph = documentation.map(str::trim).skip_while(|line| line.is_empty());
    let paragraph: Vec<&str> = paragraph.take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ");
    let end = paragraph.find(". ").unwrap_or(paragraph.trim_end_matches(['.', ':']).len());
    (end > 0).then(|| without_links(&paragraph[..end]))
}

/// Returns the name of a type that a macro of that line defines: `U8(1): ..`, or `Std<T>, ..`.
fn by_macro(line: &str) -> Option<&str> {
    let name = identifier(line);
    let rest = &line[name.len()..];
    let is_size = rest.starts_with('(') && rest[1..].starts_with(|c: char| c.is_ascii_digit());
    (rest.starts_with("<T>, ") || is_size && rest.contains("): ")).then_some(name)
}

/// Replaces links by their text.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        let Some((shown, behind)) = link.split_once(']') else { break };
        plain += before;
        let target = behind.strip_prefix('(').and_then(|target| target.split_once(')'));
        rest = match target {
            Some((_, behind)) => behind,
            None => behind,
        };
        match target.is_some() || shown.starts_with('`') {
            true => plain += shown,
            false => plain += &format!("[{shown}]"), // a slice
        }
    }
    plain + rest
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    end.map_or(text, |end| &text[..end])
}

fn place(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The words before a name that is defined, behind `pub`.
const KINDS: [&str; 6] = ["struct ", "enum ", "trait ", "type ", "fn ", "const fn "];
