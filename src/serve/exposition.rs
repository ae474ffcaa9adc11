//! Metrics as Prometheus reads them (text format 0.0.4).

use std::fmt::Write;

use crate::ops::serving::Metric;

/// The whole page.
pub fn write(metrics: &[Metric]) -> String {
    let mut page = String::new();
    for metric in metrics {
        let help = metric.help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(page, "# HELP {} {help}", metric.name);
        let _ = writeln!(page, "# TYPE {} {}", metric.name, metric.kind.name());
        for sample in &metric.samples {
            page.push_str(metric.name);
            let labels: Vec<String> = sample
                .labels
                .iter()
                .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
                .collect();
            if !labels.is_empty() {
                let _ = write!(page, "{{{}}}", labels.join(","));
            }
            let _ = writeln!(page, " {}", sample.value);
        }
    }
    page
}

/// A label's value: backslash, quote and line end are escaped; other control characters are none of anyone's.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::serving::{MetricKind, Sample};

    #[test]
    fn what_a_name_holds_can_not_forge_a_line() {
        let metric = Metric {
            name: "comms_test_total",
            help: "Two\nlines \\ here.",
            kind: MetricKind::Counter,
            samples: vec![
                Sample {
                    labels: vec![
                        ("account", "a\"} 1\nevil \\\r".to_owned()),
                        ("x", "y".to_owned()),
                    ],
                    value: 7,
                },
                Sample {
                    labels: Vec::new(),
                    value: 1,
                },
            ],
        };
        assert_eq!(
            write(&[metric]),
            "# HELP comms_test_total Two\\nlines \\\\ here.\n# TYPE comms_test_total counter\n\
             comms_test_total{account=\"a\\\"} 1\\nevil \\\\\u{fffd}\",x=\"y\"} 7\ncomms_test_total 1\n"
        );
    }
}
