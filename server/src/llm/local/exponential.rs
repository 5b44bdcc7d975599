//! The exponential function as the loops of our models need it: inlined, and made of what vector instructions can do.

/// eˣ for x ≤ 0, within 3e-7 of it; 0 below −87. By 2ⁿ · eʳ with |r| ≤ ln 2 / 2 and Taylor's series of eʳ.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let x = x.max(-87.0);
    let n = (x * std::f32::consts::LOG2_E).round_ties_even();
    // ln 2 in two parts, so that the difference keeps its digits.
    let r = n.mul_add(2.121_944_4e-4, n.mul_add(-0.693_359_4, x));
    let series = (1.0_f32 / 720.0)
        .mul_add(r, 1.0 / 120.0)
        .mul_add(r, 1.0 / 24.0)
        .mul_add(r, 1.0 / 6.0)
        .mul_add(r, 0.5)
        .mul_add(r, 1.0)
        .mul_add(r, 1.0);
    series * f32::from_bits(((n as i32 + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_the_standard_library_within_its_promise() {
        for step in 0..8_700 {
            let x = -0.01 * step as f32;
            assert!((exp(x) - x.exp()).abs() <= 3e-7 * x.exp() + f32::MIN_POSITIVE, "{x}");
        }
    }
}
