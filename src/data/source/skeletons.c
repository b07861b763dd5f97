/* skeletons.c: digits drawn by hand as knots. Sources: school alphabets and the look of everyday writing,
 * American and European: with and without loops, flags, feet, bars; open and closed; with round and straight
 * legs. */
#include "data/source/skeletons.h"

#define M(x, y)                                                                                              \
  { x, y, OC_KNOT_START }
#define S(x, y)                                                                                              \
  { x, y, OC_KNOT_SMOOTH }
#define C(x, y)                                                                                              \
  { x, y, OC_KNOT_CORNER }

/* clang-format off */
/* 0: where the ends meet: at the top, crossing, open, curled inwards, drawn from the right */
static const oc_knot zero_round[] = {M(32, 0), S(10, 14), S(0, 50), S(9, 87), S(30, 100), S(52, 86), S(60, 50), S(52, 14), S(30, 0)};
static const oc_knot zero_crossing[] = {M(42, 8), S(24, 3), S(6, 28), S(1, 62), S(14, 96), S(36, 98), S(54, 72), S(58, 36), S(44, 6), S(24, 2), S(12, 12)};
static const oc_knot zero_open[] = {M(22, 4), S(6, 24), S(0, 56), S(12, 92), S(32, 100), S(54, 82), S(60, 44), S(52, 14), S(38, 2)};
static const oc_knot zero_curl[] = {M(24, 6), S(4, 30), S(2, 68), S(20, 99), S(44, 92), S(59, 60), S(54, 20), S(36, 1), S(20, 8), S(26, 24)};
static const oc_knot zero_hook[] = {M(50, 4), S(30, 2), S(8, 26), S(0, 64), S(16, 97), S(38, 97), S(56, 66), S(56, 28), S(40, 8), S(26, 18)};
static const oc_knot zero_clockwise[] = {M(18, 10), S(36, 0), S(56, 22), S(59, 60), S(44, 94), S(22, 100), S(4, 74), S(2, 36), S(18, 6), S(32, 2)};
static const oc_knot zero_pointed[] = {M(38, 0), S(12, 36), S(0, 74), S(14, 98), S(38, 92), S(58, 60), S(58, 22), C(38, 0)};
static const oc_knot zero_flat[] = {M(30, 0), S(10, 26), S(0, 74), C(4, 98), S(32, 100), S(58, 92), S(58, 56), S(46, 18), S(28, 0)};
static const oc_knot zero_wide_curl[] = {M(34, 18), S(22, 6), S(2, 30), S(4, 72), S(30, 98), S(66, 84), S(74, 40), S(52, 6), S(30, 8), S(28, 26), C(40, 34)};
static const oc_knot zero_gap[] = {M(4, 30), S(2, 64), S(22, 98), S(52, 88), S(66, 44), S(56, 8)};
static const oc_knot zero_overlap[] = {M(52, 0), S(24, 10), S(2, 50), S(12, 94), S(40, 92), S(58, 54), S(44, 14), C(16, 16)};
static const oc_knot zero_tail[] = {M(44, -12), S(20, 8), S(0, 50), S(14, 94), S(42, 94), S(60, 56), S(50, 20), C(22, 12)};
static const oc_knot zero_cap[] = {M(24, 0), S(4, 36), S(2, 74), S(24, 98), S(52, 80), S(58, 42), S(40, 16), C(14, 18)};

/* 1 */
static const oc_knot one_plain[] = {M(30, 0), C(30, 100)};
static const oc_knot one_bent[] = {M(28, 0), S(32, 50), C(27, 100)};
static const oc_knot one_flag[] = {M(10, 24), C(32, 0), C(32, 100)};
static const oc_knot one_short_flag[] = {M(22, 12), S(28, 8), C(33, 0), C(32, 100)};
static const oc_knot one_foot[] = {M(10, 22), C(30, 0), C(30, 100), M(4, 100), C(58, 100)};
static const oc_knot one_foot_only[] = {M(30, 0), C(30, 100), M(10, 100), C(52, 99)};
static const oc_knot one_hook[] = {M(28, 0), S(28, 78), S(34, 98), C(42, 94)};
static const oc_knot one_wave[] = {M(34, 0), S(28, 30), S(32, 70), C(26, 100)};
static const oc_knot one_long_flag[] = {M(-2, 36), C(32, 0), C(30, 100)};
static const oc_knot one_round_flag[] = {M(6, 28), S(20, 18), C(32, 0), S(32, 50), C(28, 100)};
static const oc_knot one_wide_foot[] = {M(0, 30), C(30, 0), C(28, 100), M(-8, 100), C(70, 98)};

/* 2: a hook, then a loop, a corner or a wave at the foot */
static const oc_knot two_corner[] = {M(4, 22), S(26, 0), S(50, 18), S(40, 52), C(2, 98), C(60, 97)};
static const oc_knot two_loop[] = {M(6, 20), S(30, 0), S(50, 20), S(38, 60), S(14, 94), S(0, 90), S(8, 74), S(32, 84), C(60, 98)};
static const oc_knot two_big_loop[] = {M(4, 16), S(28, 0), S(48, 18), S(40, 54), S(20, 90), S(2, 96), S(0, 76), S(22, 70), S(44, 88), C(62, 90)};
static const oc_knot two_wave[] = {M(6, 24), S(24, 0), S(48, 16), S(38, 54), C(2, 96), S(22, 88), S(44, 98), C(60, 90)};
static const oc_knot two_z[] = {M(4, 8), S(28, 2), C(52, 6), S(30, 50), C(2, 96), C(58, 94)};
static const oc_knot two_round_foot[] = {M(8, 30), S(14, 6), S(36, 2), S(48, 26), S(24, 66), S(6, 92), S(24, 98), C(60, 94)};
static const oc_knot two_neck[] = {M(0, 14), S(22, 0), S(44, 14), S(38, 44), S(16, 74), S(6, 98), S(12, 88), S(36, 90), C(64, 96)};
static const oc_knot two_swan[] = {M(10, 34), S(8, 12), S(28, 0), S(48, 14), S(44, 48), S(30, 74), C(4, 100), C(54, 100)};
static const oc_knot two_flat_top[] = {M(2, 6), S(40, 0), S(54, 14), S(40, 46), C(4, 98), C(62, 100)};
static const oc_knot two_hooked_end[] = {M(6, 18), S(28, 0), S(50, 22), S(34, 60), C(6, 92), S(36, 94), C(52, 80)};
static const oc_knot two_long_foot[] = {M(10, 26), S(26, 4), S(46, 14), S(34, 50), C(4, 90), C(92, 92)};
static const oc_knot two_long_loop[] = {M(8, 20), S(30, 0), S(50, 22), S(34, 64), S(10, 96), S(-4, 86), S(10, 70), S(36, 78), S(58, 96), C(76, 88)};
static const oc_knot two_curled_top[] = {M(20, 26), S(4, 20), S(16, 2), S(46, 4), S(52, 34), S(30, 72), S(6, 92), S(2, 78), S(24, 76), C(60, 100)};
static const oc_knot two_falling[] = {M(4, 18), S(34, 0), S(56, 26), S(38, 68), S(12, 88), S(0, 78), S(16, 66), S(38, 82), C(54, 110)};
static const oc_knot two_flat_loop[] = {M(2, 24), S(30, 0), S(58, 16), S(44, 56), S(14, 92), S(-8, 88), S(4, 70), S(36, 78), C(78, 84)};
static const oc_knot two_straight_neck[] = {M(10, 14), S(28, 4), S(38, 18), C(30, 92), M(4, 94), C(60, 96)};
static const oc_knot two_round_loop[] = {M(8, 26), S(24, 2), S(50, 14), S(44, 48), S(26, 84), S(6, 96), S(-2, 80), S(16, 68), S(36, 84), S(54, 98), C(66, 88)};
static const oc_knot two_wide_z[] = {M(4, 14), S(40, 0), S(66, 14), S(44, 40), C(6, 66), C(84, 70)};
static const oc_knot two_wide_loop[] = {M(8, 24), S(28, 0), S(54, 16), S(46, 50), S(24, 84), S(4, 96), S(-6, 82), S(10, 66), S(34, 72), S(52, 90), C(68, 98)};
static const oc_knot two_a_like[] = {M(10, 16), S(34, 0), S(52, 24), S(46, 62), S(28, 92), S(6, 98), S(-4, 82), S(12, 62), S(38, 64), S(54, 82), C(62, 104)};
static const oc_knot two_high_arch[] = {M(14, 30), S(18, 8), S(40, 0), S(52, 24), S(38, 64), S(18, 94), S(2, 92), S(0, 76), S(18, 72), S(40, 90), C(58, 92)};
static const oc_knot two_short_base[] = {M(8, 20), S(34, 0), S(56, 16), S(40, 50), C(0, 94), S(20, 86), C(46, 92)};
static const oc_knot two_low[] = {M(0, 18), S(34, 0), S(68, 14), S(44, 46), C(8, 70), S(40, 66), C(84, 74)};
static const oc_knot two_hooked[] = {M(16, 22), S(20, 6), S(36, 2), S(44, 20), S(32, 58), C(4, 96), S(30, 86), C(62, 92)};
static const oc_knot two_no_hook[] = {M(40, 0), S(42, 30), S(36, 66), S(14, 90), S(0, 82), S(10, 70), S(40, 74), C(72, 66)};

/* 3: round or flat on top, the middle deep, shallow or looped */
static const oc_knot three_round[] = {M(4, 14), S(28, 0), S(50, 18), S(40, 40), C(18, 48), S(44, 56), S(54, 76), S(30, 100), C(0, 88)};
static const oc_knot three_flat[] = {M(4, 4), C(50, 2), C(24, 40), S(48, 52), S(54, 76), S(32, 100), C(0, 92)};
static const oc_knot three_loop[] = {M(4, 12), S(30, 0), S(48, 20), S(32, 44), S(16, 48), S(24, 40), S(46, 54), S(52, 80), S(24, 100), C(0, 86)};
static const oc_knot three_shallow[] = {M(8, 10), S(34, 0), S(52, 20), S(46, 38), C(34, 46), S(50, 58), S(54, 78), S(34, 98), C(6, 96)};
static const oc_knot three_small_top[] = {M(10, 8), S(30, 0), S(42, 14), S(34, 30), C(18, 36), S(48, 48), S(58, 72), S(34, 100), C(0, 92)};
static const oc_knot three_big_top[] = {M(0, 16), S(28, 0), S(56, 22), S(42, 48), C(14, 58), S(40, 62), S(46, 82), S(26, 100), C(2, 96)};
static const oc_knot three_tail[] = {M(6, 10), S(30, 0), S(48, 18), S(38, 38), C(20, 46), S(46, 54), S(50, 74), S(32, 92), S(10, 96), C(-8, 90)};
static const oc_knot three_hook[] = {M(2, 24), S(10, 4), S(34, 2), S(46, 22), C(22, 44), S(48, 54), S(52, 82), S(24, 100), S(4, 90), C(6, 78)};
static const oc_knot three_straight[] = {M(4, 6), S(46, 4), C(50, 10), C(20, 42), S(50, 50), S(56, 70), S(42, 94), C(6, 98)};
static const oc_knot three_open_foot[] = {M(2, 12), S(34, 0), S(50, 12), C(22, 40), S(46, 50), S(46, 78), C(26, 102)};
static const oc_knot three_long_tail[] = {M(12, 8), S(38, 0), S(52, 16), C(24, 40), S(52, 54), S(44, 84), S(6, 100), C(-22, 92)};
static const oc_knot three_zigzag[] = {M(0, 10), S(24, 0), S(42, 10), C(12, 46), S(40, 52), S(56, 72), C(48, 102)};
static const oc_knot three_curled[] = {M(14, 22), S(4, 14), S(24, 0), S(48, 14), S(34, 40), C(16, 46), S(50, 58), S(46, 90), S(12, 98), S(2, 84), C(14, 80)};
static const oc_knot three_small_foot[] = {M(0, 10), S(30, 0), S(50, 16), C(20, 46), S(38, 52), S(42, 70), S(26, 90), C(10, 98)};
static const oc_knot three_curled_in[] = {M(8, 18), S(26, 0), S(46, 14), S(30, 42), C(22, 46), S(50, 54), S(52, 86), S(18, 98), S(6, 82), C(22, 74)};
static const oc_knot three_deep[] = {M(10, 10), S(34, 0), S(46, 14), C(4, 50), S(44, 52), S(56, 74), S(36, 98), C(-4, 94)};

/* 4: open as written in two strokes, closed as printed, or in one go */
static const oc_knot four_open[] = {M(12, 2), C(4, 52), C(58, 48), M(48, 0), C(44, 100)};
static const oc_knot four_open_round[] = {M(8, 0), S(2, 36), S(12, 54), S(36, 52), C(54, 44), M(52, 0), S(48, 52), C(46, 100)};
static const oc_knot four_closed[] = {M(40, 0), C(0, 64), C(62, 62), M(42, 2), C(40, 100)};
static const oc_knot four_one_go[] = {M(8, 4), S(4, 36), S(18, 52), S(42, 44), C(52, 6), S(46, 56), C(44, 100)};
static const oc_knot four_from_foot[] = {M(40, 100), C(42, 2), C(0, 62), C(60, 58)};
static const oc_knot four_slant[] = {M(22, 0), C(0, 54), C(60, 44), M(56, 8), C(32, 100)};
static const oc_knot four_low[] = {M(18, 0), C(0, 70), C(60, 66), M(38, 30), C(36, 100)};
static const oc_knot four_square[] = {M(6, 0), C(6, 46), C(50, 46), M(50, 0), C(52, 100)};
static const oc_knot four_pinched[] = {M(34, 2), S(10, 28), C(4, 50), S(30, 50), C(52, 44), M(42, 10), S(44, 50), C(40, 100)};
static const oc_knot four_short_bar[] = {M(6, 2), C(8, 50), C(46, 46), M(46, 6), C(50, 100)};
static const oc_knot four_looped[] = {M(20, 0), S(4, 44), C(2, 56), S(36, 46), S(58, 20), S(54, 10), S(44, 40), C(34, 100)};
static const oc_knot four_short_leg[] = {M(4, 0), S(2, 46), C(8, 64), S(32, 62), C(54, 54), M(52, 0), C(46, 96)};
static const oc_knot four_cup[] = {M(14, 0), S(2, 40), S(14, 66), S(40, 56), C(52, 44), M(58, 12), S(50, 50), C(40, 100)};
static const oc_knot four_wide[] = {M(10, 8), C(0, 58), S(40, 58), C(76, 48), M(58, 0), C(48, 100)};

/* 5: the bar first, last, apart or flowing; the belly large or small */
static const oc_knot five_two[] = {M(12, 2), C(8, 42), S(34, 36), S(54, 62), S(40, 94), C(2, 94), M(12, 3), C(56, 0)};
static const oc_knot five_one[] = {M(56, 2), C(14, 4), C(8, 44), S(34, 38), S(54, 62), S(38, 96), C(0, 92)};
static const oc_knot five_apart[] = {M(16, 8), C(8, 44), S(34, 40), S(52, 64), S(36, 96), C(2, 94), M(20, 4), C(62, -4)};
static const oc_knot five_flowing[] = {M(56, 4), S(26, 4), S(8, 22), S(22, 42), S(46, 60), S(44, 88), S(20, 100), C(0, 90)};
static const oc_knot five_small_belly[] = {M(18, 6), C(12, 52), S(32, 50), S(42, 72), S(26, 96), C(0, 92), M(18, 8), C(62, 0)};
static const oc_knot five_hook[] = {M(54, 0), C(16, 6), C(10, 42), S(40, 40), S(50, 70), S(28, 100), S(6, 88), C(8, 78)};
static const oc_knot five_straight[] = {M(50, 2), C(10, 2), C(8, 46), S(44, 48), S(52, 74), C(44, 98), C(0, 98)};
static const oc_knot five_steep[] = {M(48, 0), S(22, 4), C(14, 36), S(36, 46), S(44, 72), S(32, 96), C(10, 100)};
static const oc_knot five_narrow[] = {M(46, 0), C(20, 2), C(14, 40), S(38, 48), S(42, 80), S(24, 100), C(4, 94)};
static const oc_knot five_long_bar[] = {M(22, 10), S(14, 34), C(8, 44), S(34, 44), S(46, 68), S(28, 94), C(-6, 88), M(22, 10), S(46, 8), C(74, -4)};
static const oc_knot five_closed[] = {M(54, 0), C(18, 6), C(10, 44), S(38, 38), S(54, 64), S(34, 98), S(8, 88), C(8, 66)};
static const oc_knot five_low_belly[] = {M(50, 4), C(8, 4), C(6, 54), S(30, 46), S(50, 64), S(36, 94), C(4, 98)};
static const oc_knot five_round_shoulder[] = {M(58, 0), S(22, 8), S(10, 30), C(14, 48), S(40, 44), S(54, 66), S(36, 96), C(2, 92)};
static const oc_knot five_leaning[] = {M(40, 0), C(14, 4), C(20, 44), S(42, 50), S(44, 78), C(32, 102), M(40, 0), C(56, -2)};
static const oc_knot five_tight[] = {M(60, 2), C(22, 6), C(12, 46), S(40, 48), S(46, 76), S(22, 98), S(4, 84), C(20, 70)};

/* 6: from a straight or curved stem into a loop of any size */
static const oc_knot six_round[] = {M(44, 0), S(14, 28), S(2, 64), S(18, 98), S(44, 90), S(48, 66), S(28, 56), C(4, 76)};
static const oc_knot six_straight[] = {M(28, 0), S(8, 50), S(4, 84), S(24, 100), S(46, 84), S(36, 62), S(18, 66), C(6, 84)};
static const oc_knot six_hooked[] = {M(54, 10), S(40, 0), S(14, 24), S(2, 62), S(16, 96), S(44, 94), S(52, 70), S(30, 56), C(4, 72)};
static const oc_knot six_small_loop[] = {M(36, 0), S(10, 42), S(4, 80), S(22, 100), S(40, 88), S(34, 74), C(8, 84)};
static const oc_knot six_open[] = {M(40, 0), S(10, 36), S(2, 74), S(22, 99), S(48, 86), S(44, 64), C(24, 66)};
static const oc_knot six_large_loop[] = {M(36, 0), S(10, 26), S(0, 64), S(18, 98), S(50, 92), S(56, 58), S(34, 40), C(4, 58)};
static const oc_knot six_crossing[] = {M(26, 0), S(8, 40), S(4, 82), S(26, 98), S(50, 74), S(38, 58), S(16, 72), C(-8, 92)};
static const oc_knot six_b[] = {M(12, 0), S(4, 48), S(8, 90), S(32, 100), S(52, 80), S(42, 58), S(20, 62), C(6, 80)};
static const oc_knot six_curl[] = {M(42, 0), S(12, 32), S(2, 70), S(20, 100), S(46, 86), S(38, 62), S(20, 70), S(22, 86), C(32, 86)};
static const oc_knot six_wide[] = {M(24, 0), S(2, 42), S(8, 90), S(44, 100), S(76, 74), S(56, 48), S(28, 66), C(16, 90)};
static const oc_knot six_cup[] = {M(18, 4), S(0, 48), S(10, 88), S(40, 98), S(64, 72), S(48, 46), S(26, 62), C(34, 88)};
static const oc_knot six_folded[] = {M(40, 0), S(14, 40), C(0, 96), S(36, 90), S(50, 70), S(32, 60), C(4, 90)};
static const oc_knot six_short_stem[] = {M(14, 0), S(0, 40), S(4, 82), S(30, 98), S(58, 82), S(54, 54), S(28, 48), C(8, 70)};
static const oc_knot six_thin[] = {M(36, 0), S(14, 40), S(4, 84), S(16, 100), S(28, 84), S(22, 72), C(8, 86)};

/* 7: plain, with a serif, with a bar; the leg straight or curved */
static const oc_knot seven_plain[] = {M(2, 6), C(54, 2), C(22, 100)};
static const oc_knot seven_curved[] = {M(2, 8), C(54, 4), S(34, 46), C(24, 100)};
static const oc_knot seven_serif[] = {M(4, 22), C(6, 4), C(54, 2), S(34, 50), C(24, 100)};
static const oc_knot seven_bar[] = {M(2, 6), C(56, 2), S(36, 48), C(22, 100), M(12, 52), C(56, 48)};
static const oc_knot seven_serif_bar[] = {M(2, 20), C(4, 4), C(56, 4), S(34, 52), C(26, 100), M(14, 54), C(54, 50)};
static const oc_knot seven_round[] = {M(2, 14), S(26, 2), S(52, 10), S(44, 50), C(28, 100)};
static const oc_knot seven_wave[] = {M(0, 18), S(8, 4), S(26, 10), C(56, 2), S(38, 44), C(24, 100)};
static const oc_knot seven_steep[] = {M(2, 2), C(46, 2), S(48, 50), C(46, 100)};
static const oc_knot seven_drooping[] = {M(10, 40), C(14, 8), S(34, 6), C(54, 0), S(44, 50), C(36, 100)};
static const oc_knot seven_foot[] = {M(2, 4), C(54, 4), S(34, 60), C(18, 100), M(4, 100), C(36, 98)};
static const oc_knot seven_one[] = {M(8, 26), C(40, 0), S(34, 50), C(28, 100)};
static const oc_knot seven_arch[] = {M(6, 46), S(6, 14), S(28, 4), C(54, 6), S(54, 50), C(48, 100)};
static const oc_knot seven_gate[] = {M(4, 40), C(6, 4), C(52, 2), S(50, 52), C(42, 100)};
static const oc_knot seven_wide_bar[] = {M(0, 8), C(54, 2), S(30, 50), C(16, 100), M(4, 58), C(72, 46)};
static const oc_knot seven_round_bar[] = {M(6, 18), S(26, 2), S(54, 6), S(40, 50), C(24, 100), M(16, 54), C(58, 50)};
static const oc_knot seven_lying[] = {M(2, 40), S(10, 14), C(60, 0), S(40, 40), C(14, 92)};
static const oc_knot seven_bend[] = {M(0, 18), S(30, 2), S(50, 18), S(40, 44), S(34, 70), C(36, 102)};
static const oc_knot seven_bar_cross[] = {M(0, 14), S(10, 2), C(56, 0), S(40, 40), C(30, 100), M(8, 60), C(68, 52)};
static const oc_knot seven_two_lines[] = {M(0, 30), C(44, 4), C(8, 96)};
static const oc_knot seven_sharp[] = {M(0, 0), C(64, 30), C(8, 84)};

/* 8: an S closed by its way back, two rings, or begun in the middle */
static const oc_knot eight_s[] = {M(48, 12), S(26, 0), S(6, 20), S(24, 44), S(48, 68), S(34, 98), S(10, 92), S(8, 68), S(34, 40), C(52, 10)};
static const oc_knot eight_open[] = {M(46, 16), S(26, 0), S(8, 18), S(24, 42), S(48, 72), S(28, 100), S(4, 78), S(26, 46), C(60, 4)};
static const oc_knot eight_rings[] = {M(28, 0), S(8, 12), S(8, 34), S(28, 46), S(48, 34), S(48, 12), S(28, 0), M(28, 46), S(4, 60), S(4, 88), S(28, 100), S(52, 88), S(52, 60), S(28, 46)};
static const oc_knot eight_middle[] = {M(28, 48), S(6, 24), S(26, 0), S(48, 22), S(28, 48), S(2, 76), S(26, 100), S(52, 76), S(28, 48)};
static const oc_knot eight_right[] = {M(30, 46), S(46, 20), S(28, 0), S(8, 18), S(26, 46), S(50, 78), S(28, 100), S(4, 80), S(30, 46)};
static const oc_knot eight_straight[] = {M(50, 6), S(24, 0), S(8, 18), S(26, 44), S(40, 76), S(26, 100), S(8, 84), C(50, 8)};
static const oc_knot eight_small_top[] = {M(40, 10), S(26, 0), S(16, 16), S(28, 34), S(56, 66), S(36, 98), S(6, 88), S(10, 58), S(34, 32), C(42, 12)};
static const oc_knot eight_small_foot[] = {M(54, 10), S(28, 0), S(2, 22), S(22, 50), S(42, 74), S(32, 98), S(14, 96), S(14, 76), S(38, 46), C(56, 12)};
static const oc_knot eight_flat[] = {M(56, 4), S(28, 2), S(8, 16), S(22, 40), S(44, 64), S(40, 92), S(14, 98), S(6, 78), S(28, 50), C(50, 28)};
static const oc_knot eight_x[] = {M(4, 4), S(30, 0), S(52, 8), S(32, 46), S(6, 84), S(26, 100), S(52, 86), S(30, 50), C(6, 6)};
static const oc_knot eight_arm[] = {M(40, 14), S(22, 8), S(10, 24), S(26, 44), S(44, 70), S(26, 98), S(4, 84), S(26, 50), C(74, 2)};
static const oc_knot eight_low_top[] = {M(46, 22), S(30, 8), S(14, 22), S(30, 44), S(54, 70), S(34, 100), S(6, 84), S(22, 52), C(58, 0)};
static const oc_knot eight_fish[] = {M(52, 0), S(30, 40), S(8, 80), S(24, 100), S(44, 80), S(26, 46), S(6, 18), S(24, 2), C(46, 22)};
static const oc_knot eight_ribbon[] = {M(10, 96), S(28, 50), S(46, 20), S(28, 0), S(10, 18), S(28, 50), C(50, 98)};
static const oc_knot eight_heavy_top[] = {M(28, 56), S(2, 30), S(26, 0), S(54, 24), S(30, 56), S(14, 82), S(26, 100), S(40, 84), S(28, 56)};
static const oc_knot eight_cup[] = {M(20, 4), S(10, 22), S(28, 44), S(48, 70), S(30, 100), S(6, 80), S(26, 46), C(46, 2)};
static const oc_knot eight_p[] = {M(14, 12), S(40, 0), S(56, 24), S(28, 50), S(10, 76), S(20, 100), S(34, 84), S(26, 54), S(8, 22), C(16, 8)};
static const oc_knot eight_small_ring[] = {M(52, 0), S(36, 30), S(20, 52), S(6, 78), S(24, 100), S(42, 80), S(26, 56), S(12, 36), S(20, 18), C(34, 24)};
static const oc_knot eight_fish_up[] = {M(2, 8), S(24, 42), S(40, 74), S(26, 100), S(10, 82), S(26, 46), C(58, 0)};
static const oc_knot eight_loop_foot[] = {M(44, 0), S(34, 30), S(14, 60), S(6, 86), S(24, 100), S(34, 82), S(16, 50), S(8, 24), C(14, 4)};

/* 9: a ring, closed or not, and a leg: straight, curved, hooked, or as a continuation of the top */
static const oc_knot nine_straight[] = {M(48, 14), S(28, 0), S(4, 22), S(20, 46), S(44, 34), C(50, 8), C(44, 100)};
static const oc_knot nine_curved[] = {M(46, 12), S(26, 0), S(4, 22), S(20, 44), S(46, 26), S(50, 40), S(42, 80), C(24, 100)};
static const oc_knot nine_hook[] = {M(48, 16), S(28, 0), S(6, 20), S(20, 44), S(44, 32), C(50, 6), S(50, 64), S(34, 98), C(6, 90)};
static const oc_knot nine_loop[] = {M(42, 36), S(16, 44), S(6, 22), S(26, 2), S(48, 16), S(46, 50), C(36, 100)};
static const oc_knot nine_open[] = {M(46, 4), S(20, 4), S(4, 26), S(18, 44), S(46, 30), C(52, 16), C(42, 100)};
static const oc_knot nine_small[] = {M(44, 12), S(30, 0), S(14, 16), S(26, 32), S(44, 20), S(46, 40), C(38, 100)};
static const oc_knot nine_slant[] = {M(54, 8), S(32, 0), S(6, 20), S(14, 40), S(44, 26), C(56, 6), S(36, 60), C(14, 100)};
static const oc_knot nine_over[] = {M(50, 30), S(30, 46), S(6, 34), S(14, 8), S(40, 2), S(52, 20), S(50, 60), C(46, 100)};
static const oc_knot nine_large[] = {M(52, 12), S(26, 0), S(0, 28), S(18, 58), S(48, 42), C(54, 8), C(52, 100)};
static const oc_knot nine_flat[] = {M(56, 6), S(24, 2), S(4, 20), S(16, 38), S(44, 34), C(54, 10), S(48, 60), C(44, 100)};
static const oc_knot nine_six_like[] = {M(48, 26), S(32, 44), S(8, 34), S(8, 12), S(30, 0), S(50, 18), S(48, 56), S(30, 94), C(8, 98)};
static const oc_knot nine_short_leg[] = {M(50, 10), S(24, 0), S(0, 36), S(14, 76), S(42, 64), C(54, 8), S(54, 70), C(60, 100)};
static const oc_knot nine_g[] = {M(46, 10), S(26, 0), S(8, 18), S(22, 38), S(44, 24), C(50, 4), S(52, 70), S(34, 100), C(0, 82)};
static const oc_knot nine_angular[] = {M(50, 8), S(24, 6), C(2, 34), S(20, 48), S(42, 32), C(52, 8), C(44, 100)};
static const oc_knot nine_pinched[] = {M(48, 20), S(36, 0), S(8, 22), S(10, 46), S(38, 34), C(48, 18), S(46, 60), C(40, 100)};
static const oc_knot nine_gap[] = {M(38, 2), S(8, 16), S(6, 40), S(30, 46), S(52, 14), S(50, 60), C(46, 100)};
static const oc_knot nine_angle_open[] = {M(34, 4), C(4, 30), S(20, 46), S(42, 34), C(54, 4), C(40, 100)};
static const oc_knot nine_flagged[] = {M(58, 0), S(30, 2), S(8, 22), S(20, 40), S(44, 30), C(48, 20), S(44, 64), C(34, 100)};
/* clang-format on */

#define ROW(digit, weight, name)                                                                             \
  { digit, weight, sizeof name / sizeof name[0], name }
const oc_skeleton oc_skeletons[] = {
    ROW(0, 10, zero_round),
    ROW(0, 8, zero_crossing),
    ROW(0, 4, zero_open),
    ROW(0, 4, zero_curl),
    ROW(0, 4, zero_hook),
    ROW(0, 4, zero_clockwise),
    ROW(0, 5, zero_pointed),
    ROW(0, 4, zero_flat),
    ROW(1, 20, one_plain),
    ROW(0, 3, zero_wide_curl),
    ROW(0, 2, zero_gap),
    ROW(0, 4, zero_overlap),
    ROW(0, 5, zero_tail),
    ROW(0, 3, zero_cap),
    ROW(1, 12, one_bent),
    ROW(1, 3, one_flag),
    ROW(1, 4, one_short_flag),
    ROW(1, 3, one_foot),
    ROW(1, 1, one_foot_only),
    ROW(1, 2, one_hook),
    ROW(1, 3, one_wave),
    ROW(2, 8, two_corner),
    ROW(2, 8, two_loop),
    ROW(1, 2, one_long_flag),
    ROW(1, 2, one_round_flag),
    ROW(1, 1, one_wide_foot),
    ROW(2, 6, two_big_loop),
    ROW(2, 5, two_wave),
    ROW(2, 6, two_z),
    ROW(2, 5, two_round_foot),
    ROW(2, 4, two_neck),
    ROW(2, 4, two_swan),
    ROW(2, 4, two_flat_top),
    ROW(2, 2, two_hooked_end),
    ROW(3, 10, three_round),
    ROW(2, 5, two_long_foot),
    ROW(2, 5, two_long_loop),
    ROW(2, 4, two_curled_top),
    ROW(2, 5, two_falling),
    ROW(2, 4, two_flat_loop),
    ROW(2, 2, two_straight_neck),
    ROW(2, 6, two_round_loop),
    ROW(2, 4, two_wide_z),
    ROW(2, 6, two_wide_loop),
    ROW(2, 5, two_a_like),
    ROW(2, 5, two_high_arch),
    ROW(2, 4, two_short_base),
    ROW(2, 4, two_low),
    ROW(2, 4, two_hooked),
    ROW(2, 3, two_no_hook),
    ROW(3, 5, three_flat),
    ROW(3, 6, three_loop),
    ROW(3, 6, three_shallow),
    ROW(3, 5, three_small_top),
    ROW(3, 5, three_big_top),
    ROW(3, 4, three_tail),
    ROW(3, 3, three_hook),
    ROW(3, 3, three_straight),
    ROW(4, 10, four_open),
    ROW(3, 4, three_open_foot),
    ROW(3, 4, three_long_tail),
    ROW(3, 3, three_zigzag),
    ROW(3, 3, three_curled),
    ROW(3, 4, three_small_foot),
    ROW(3, 3, three_curled_in),
    ROW(3, 4, three_deep),
    ROW(4, 8, four_open_round),
    ROW(4, 4, four_closed),
    ROW(4, 5, four_one_go),
    ROW(4, 3, four_from_foot),
    ROW(4, 6, four_slant),
    ROW(4, 4, four_low),
    ROW(4, 5, four_square),
    ROW(4, 1, four_pinched),
    ROW(4, 5, four_short_bar),
    ROW(4, 2, four_looped),
    ROW(5, 8, five_two),
    ROW(5, 8, five_one),
    ROW(4, 4, four_short_leg),
    ROW(4, 4, four_cup),
    ROW(4, 4, four_wide),
    ROW(5, 4, five_apart),
    ROW(5, 6, five_flowing),
    ROW(5, 6, five_small_belly),
    ROW(5, 4, five_hook),
    ROW(5, 3, five_straight),
    ROW(5, 4, five_steep),
    ROW(5, 4, five_narrow),
    ROW(5, 6, five_long_bar),
    ROW(6, 10, six_round),
    ROW(5, 6, five_closed),
    ROW(5, 4, five_low_belly),
    ROW(5, 4, five_round_shoulder),
    ROW(5, 3, five_leaning),
    ROW(5, 4, five_tight),
    ROW(6, 8, six_straight),
    ROW(6, 3, six_hooked),
    ROW(6, 5, six_small_loop),
    ROW(6, 4, six_open),
    ROW(6, 5, six_large_loop),
    ROW(6, 4, six_crossing),
    ROW(6, 5, six_b),
    ROW(6, 3, six_curl),
    ROW(7, 10, seven_plain),
    ROW(6, 5, six_wide),
    ROW(6, 3, six_cup),
    ROW(6, 3, six_folded),
    ROW(6, 3, six_short_stem),
    ROW(6, 3, six_thin),
    ROW(7, 10, seven_curved),
    ROW(7, 6, seven_serif),
    ROW(7, 8, seven_bar),
    ROW(7, 3, seven_serif_bar),
    ROW(7, 7, seven_round),
    ROW(7, 5, seven_wave),
    ROW(7, 4, seven_steep),
    ROW(7, 4, seven_drooping),
    ROW(7, 1, seven_foot),
    ROW(7, 3, seven_one),
    ROW(8, 10, eight_s),
    ROW(8, 8, eight_open),
    ROW(7, 4, seven_arch),
    ROW(7, 4, seven_gate),
    ROW(7, 6, seven_wide_bar),
    ROW(7, 3, seven_round_bar),
    ROW(7, 6, seven_lying),
    ROW(7, 3, seven_bend),
    ROW(7, 3, seven_bar_cross),
    ROW(7, 2, seven_two_lines),
    ROW(7, 2, seven_sharp),
    ROW(8, 7, eight_rings),
    ROW(8, 6, eight_middle),
    ROW(8, 6, eight_right),
    ROW(8, 5, eight_arm),
    ROW(8, 4, eight_low_top),
    ROW(8, 4, eight_fish),
    ROW(8, 2, eight_ribbon),
    ROW(8, 3, eight_heavy_top),
    ROW(8, 4, eight_cup),
    ROW(8, 3, eight_p),
    ROW(8, 4, eight_small_ring),
    ROW(8, 6, eight_straight),
    ROW(8, 4, eight_small_top),
    ROW(8, 4, eight_small_foot),
    ROW(8, 4, eight_flat),
    ROW(8, 3, eight_x),
    ROW(8, 4, eight_fish_up),
    ROW(8, 3, eight_loop_foot),
    ROW(9, 10, nine_straight),
    ROW(9, 8, nine_curved),
    ROW(9, 4, nine_hook),
    ROW(9, 6, nine_loop),
    ROW(9, 6, nine_open),
    ROW(9, 5, nine_small),
    ROW(9, 8, nine_slant),
    ROW(9, 5, nine_over),
    ROW(9, 4, nine_large),
    ROW(9, 3, nine_flat),
    ROW(9, 3, nine_six_like),
    ROW(9, 4, nine_short_leg),
    ROW(9, 4, nine_g),
    ROW(9, 8, nine_angular),
    ROW(9, 5, nine_pinched),
    ROW(9, 4, nine_gap),
    ROW(9, 5, nine_angle_open),
    ROW(9, 5, nine_flagged),
};
const int oc_skeleton_count = sizeof oc_skeletons / sizeof oc_skeletons[0];
