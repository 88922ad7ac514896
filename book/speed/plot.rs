//! A family of groups as a plot: a panel for each group, and in it a bar for each contender, as long as
//! its time.

use super::results::{Group, Kind, Row};

/// Width of a panel.
const PANEL: f64 = 440.0;
/// Width of the names in it.
const NAMES: f64 = 170.0;
/// Width of the longest bar.
const LONGEST: f64 = 150.0;
/// Height of a bar with what is between it and the next.
const ROW: f64 = 20.0;
/// Height over the first bar of a panel, and under the last one.
const HEAD: f64 = 34.0;
const FOOT: f64 = 14.0;

/// Colours for light and dark ground.
const STYLE: &str = "
svg { font: 12px system-ui, 'DejaVu Sans', sans-serif; }
text { fill: #24292f; } .value { fill: #636c76; } .title { font-weight: bold; }
.unit { font-weight: normal; } .cut { stroke: #fff; stroke-width: 3; }
.ground { fill: #fff; } .ours { fill: #2563c9; } .floor { fill: #9aa4af; } .peer { fill: #b34e0d; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .value { fill: #9da7b3; } .ground { fill: #0d1117; } .cut { stroke: #0d1117; }
  .ours { fill: #3b76dd; } .floor { fill: #6b7683; } .peer { fill: #c2621f; } }
";

/// Draws panels, two beside each other.
pub(super) fn draw(groups: &[&Group]) -> String {
    let columns = if groups.len() > 1 { 2 } else { 1 };
    let (mut panels, mut top) = (String::new(), 0.0);
    for pair in groups.chunks(columns) {
        let mut tallest = 0.0_f64;
        for (column, group) in pair.iter().enumerate() {
            let left = if column == 0 { 0.0 } else { PANEL };
            panels += &format!("<g transform=\"translate({left} {top})\">\n");
            panels += &panel(group);
            panels += "</g>\n";
            tallest = tallest.max(HEAD + rows(group) * ROW + FOOT);
        }
        top += tallest;
    }
    let width = if columns == 2 { PANEL * 2.0 } else { PANEL };
    let height = top + LEGEND;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\">\n<style>{STYLE}</style>\n\
         <rect class=\"ground\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>\n\
         {panels}<g transform=\"translate(14 {top})\">{}</g>\n</svg>\n",
        legend()
    )
}

/// One group. Bars are measured against its longest, so panels do not compare; what is far longer than
/// the others is cut off, or nothing could be seen of them.
fn panel(group: &Group) -> String {
    let longest = longest(group);
    let mut text = format!(
        "<text class=\"title\" x=\"14\" y=\"22\">{}\
         <tspan class=\"value unit\" dx=\"8\">ns a {}</tspan></text>\n",
        escaped(&group.name),
        group.unit
    );
    let mut y = HEAD;
    for row in &group.rows {
        let length = (row.nanoseconds / longest * LONGEST).clamp(1.0, LONGEST);
        text += &format!(
            "<text x=\"14\" y=\"{0}\">{1}</text>\
             <rect class=\"{2}\" x=\"{NAMES}\" y=\"{y}\" width=\"{length:.1}\" height=\"14\" rx=\"2\"/>\
             <text class=\"value\" x=\"{3:.1}\" y=\"{0}\">{4}</text>\n",
            y + 11.0,
            escaped(&row.name),
            class(row.kind()),
            NAMES + length + 6.0,
            format!("{} {}", row.time(), row.times()).trim(),
        );
        if row.nanoseconds > longest {
            let x = NAMES + LONGEST - 24.0;
            text += &format!(
                "<path class=\"cut\" d=\"M{x} {1}l6 -18M{0} {1}l6 -18\"/>\n",
                x + 6.0,
                y + 16.0
            );
        }
        y += ROW;
    }
    text
}

/// The time of the longest bar: that of the slowest, but no more than eight times the median.
fn longest(group: &Group) -> f64 {
    let mut times: Vec<f64> = group.rows.iter().map(|row| row.nanoseconds).collect();
    times.sort_by(f64::total_cmp);
    let median = times.get(times.len() / 2).copied().unwrap_or(0.0);
    times.last().copied().unwrap_or(0.0).min(8.0 * median).max(f64::MIN_POSITIVE)
}

/// The number of rows of a group.
fn rows(group: &Group) -> f64 {
    let rows: &[Row] = &group.rows;
    u32::try_from(rows.len()).map_or(0.0, f64::from)
}

const LEGEND: f64 = 34.0;

/// The meaning of the colours.
fn legend() -> String {
    let (mut text, mut x) = (String::new(), 0);
    for (kind, name, width) in
        [(Kind::Ours, "segue", 70), (Kind::Floor, "by hand", 80), (Kind::Peer, "others", 70)]
    {
        text += &format!(
            "<rect class=\"{}\" x=\"{x}\" y=\"8\" width=\"14\" height=\"14\" rx=\"2\"/>\
             <text class=\"value\" x=\"{}\" y=\"19\">{name}</text>",
            class(kind),
            x + 20
        );
        x += 20 + width;
    }
    text
}

const fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Ours => "ours",
        Kind::Floor => "floor",
        Kind::Peer => "peer",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
