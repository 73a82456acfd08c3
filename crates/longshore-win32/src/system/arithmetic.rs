//! Arithmetic that C leaves to the library.

use longshore_win32_macros::export;

/// `number * numerator / denominator`, rounded, with room for the product; -1 if the result does not fit.
#[export]
pub fn MulDiv(number: i32, numerator: i32, denominator: i32) -> i32 {
    if denominator == 0 {
        return -1;
    }
    let product = i64::from(number) * i64::from(numerator);
    let denominator = i64::from(denominator);
    // Half of the divisor, away from zero, rounds to the nearest.
    let half = denominator.abs() / 2;
    let rounded = (product.abs() + half) / denominator.abs();
    let quotient = if (product < 0) == (denominator < 0) { rounded } else { -rounded };
    i32::try_from(quotient).unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_product_may_be_larger_than_an_int_and_the_quotient_is_rounded() {
        assert_eq!(MulDiv(i32::MAX, 3, 6), 0x4000_0000);
        assert_eq!((MulDiv(7, 1, 2), MulDiv(-7, 1, 2), MulDiv(7, 1, -2)), (4, -4, -4));
        assert_eq!((MulDiv(1, 1, 0), MulDiv(i32::MAX, 2, 1)), (-1, -1));
        assert_eq!(MulDiv(i32::MIN, 1, 1), i32::MIN);
    }
}
