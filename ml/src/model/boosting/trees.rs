//! Regression trees in one flat list, which is quick to ask.

use serde_json::Value;

/// A sum of trees.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Trees {
    nodes: Vec<Node>,
    roots: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Node {
    /// Where the column is at most the threshold to the left, else to the right. Both lie further down the list.
    Split {
        column: u16,
        threshold: f64,
        left: u32,
        right: u32,
    },
    Leaf(f64),
}

impl Trees {
    /// Takes trees over from smartcore's serialised model, the learning rate multiplied in; none where its layout is
    /// not the one we know.
    pub(super) fn from_smartcore(model: &Value) -> Option<Self> {
        let rate = model.get("parameters")?.get("learning_rate")?.as_f64()?;
        let mut trees = Self::default();
        for tree in model.get("regressors")?.as_array()? {
            let root = trees.plant(tree, rate)?;
            trees.roots.push(root);
        }
        Some(trees)
    }

    fn plant(&mut self, tree: &Value, rate: f64) -> Option<u32> {
        let place = u32::try_from(self.nodes.len()).ok()?;
        self.nodes.push(Node::Leaf(rate * tree.get("value")?.as_f64()?));
        let (left, right) = (tree.get("left")?, tree.get("right")?);
        if !left.is_null() {
            let column = u16::try_from(tree.get("split_feature_idx")?.as_u64()?).ok()?;
            let threshold = tree.get("threshold")?.as_f64()?;
            let (left, right) = (self.plant(left, rate)?, self.plant(right, rate)?);
            self.nodes[place as usize] = Node::Split { column, threshold, left, right };
        }
        Some(place)
    }

    /// The sum of the leaves that a row of inputs falls into.
    pub(super) fn at(&self, row: &[f32]) -> f64 {
        self.roots.iter().map(|&root| self.leaf(root, row)).sum()
    }

    fn leaf(&self, root: u32, row: &[f32]) -> f64 {
        let mut place = root;
        loop {
            match self.nodes[place as usize] {
                Node::Leaf(value) => return value,
                Node::Split { column, threshold, left, right } => {
                    place = if f64::from(row[usize::from(column)]) <= threshold { left } else { right };
                }
            }
        }
    }

    /// How many numbers they hold: a threshold for each split, a value for each leaf.
    pub(super) const fn len(&self) -> usize {
        self.nodes.len()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn leaf(value: f64) -> Value {
        json!({ "left": null, "right": null, "value": value, "threshold": 0.0, "split_feature_idx": 0 })
    }

    fn model() -> Value {
        let stump = json!({
            "left": leaf(1.0), "right": leaf(2.0), "value": 1.5, "threshold": 0.5, "split_feature_idx": 1
        });
        json!({ "parameters": { "learning_rate": 0.1 }, "regressors": [stump, leaf(10.0)] })
    }

    #[test]
    fn a_row_falls_into_one_leaf_a_tree() {
        let trees = Trees::from_smartcore(&model()).expect("trees");
        assert!((trees.at(&[9.0, 0.5]) - 1.1).abs() < 1e-12);
        assert!((trees.at(&[9.0, 0.6]) - 1.2).abs() < 1e-12);
    }
}
