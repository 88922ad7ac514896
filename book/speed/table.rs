//! A family of groups as a table in Markdown.

use super::results::Group;

/// A row for each contender, a column for each group: its time, and how many times as long as the
/// first of segue's.
pub(super) fn write(groups: &[&Group]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for row in groups.iter().flat_map(|group| &group.rows) {
        if !names.contains(&row.name.as_str()) {
            names.push(&row.name);
        }
    }
    let unit = groups.first().map_or("", |group| group.unit.as_str());
    let mut text = format!("| ns a {unit} |");
    let mut line = String::from("\n|---|");
    for group in groups {
        text += &format!(" {} |", group.variant());
        line += "---:|";
    }
    text += &line;
    for name in names {
        text += &format!("\n| {name} |");
        for group in groups {
            match group.rows.iter().find(|row| row.name == name) {
                Some(row) => {
                    let cell = format!("{} {}", row.time(), row.times());
                    text += &format!(" {} |", cell.trim());
                }
                None => text += " |",
            }
        }
    }
    text + "\n"
}
