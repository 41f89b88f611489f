//! Plots as SVG: lines over two logarithmic axes.
//!
//! Apart from the page, since another crate draws them.

use plotters::prelude::*;

/// Lines over two logarithmic axes.
pub(crate) struct Plot {
    /// What it shows.
    pub(crate) title: String,
    /// The name of its file, without an ending.
    pub(crate) file: String,
    /// What each axis counts.
    pub(crate) axes: [String; 2],
    /// Each by its name; points ascend, and are above zero.
    pub(crate) lines: Vec<(String, Vec<(f64, f64)>)>,
}

const COLORS: [RGBColor; 4] = [
    RGBColor(0, 90, 160),
    RGBColor(200, 90, 0),
    RGBColor(120, 120, 120),
    RGBColor(0, 130, 70),
];

impl Plot {
    /// The picture.
    pub(crate) fn svg(&self) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let mut svg = String::new();
        {
            let area = SVGBackend::with_string(&mut svg, (760, 420)).into_drawing_area();
            area.fill(&WHITE)?;
            let [x, y] = [0, 1].map(|axis| self.range(axis));
            let mut chart = ChartBuilder::on(&area)
                .caption(&self.title, ("sans-serif", 18))
                .margin(12)
                .x_label_area_size(40)
                .y_label_area_size(64)
                .build_cartesian_2d((x.0..x.1).log_scale(), (y.0..y.1).log_scale())?;
            chart
                .configure_mesh()
                .x_desc(&self.axes[0])
                .y_desc(&self.axes[1])
                .light_line_style(WHITE)
                .draw()?;
            for ((name, points), color) in self.lines.iter().zip(COLORS.iter().cycle()) {
                let color = *color;
                chart
                    .draw_series(LineSeries::new(
                        points.iter().copied(),
                        color.stroke_width(2),
                    ))?
                    .label(name)
                    .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color));
                let dots = points
                    .iter()
                    .map(|&point| Circle::new(point, 3, color.filled()));
                chart.draw_series(dots)?;
            }
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::UpperLeft)
                .border_style(BLACK)
                .background_style(WHITE.mix(0.8))
                .draw()?;
            area.present()?;
        }
        svg.push('\n');
        Ok(svg)
    }

    /// The smallest and the largest of an axis, with a little room.
    fn range(&self, axis: usize) -> (f64, f64) {
        let points = self.lines.iter().flat_map(|(_, points)| points);
        let values = points.map(|&(x, y)| if axis == 0 { x } else { y });
        let (low, high) = values.fold((f64::MAX, f64::MIN_POSITIVE), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        (low * 0.8, high * 1.25)
    }
}
