//! Far ends as scripts, over the in-memory carrier and, unchanged, over T.38.

use ferrofax_fax::t38::{ErrorCorrection, Params, RateManagement};
use ferrofax_linesim::link::Weather;
use ferrofax_linesim::{memory, t38};

use super::script::play;

fn t38_pair() -> t38::Pair {
    let params = Params {
        version: 0,
        bit_rate_max: 14_400,
        rate_management: RateManagement::TransferredTcf,
        datagram_bytes_max: 1400,
        error_correction: ErrorCorrection::Redundancy { control: 3, image: 3 },
    };
    t38::Pair::new(1, &params, Weather { delay: memory::LATENCY, ..Weather::default() })
}

macro_rules! scripts {
    ($($name:ident),* $(,)?) => {
        /// Every script, by name.
        const ALL: &[&str] = &[$(stringify!($name)),*];

        mod over_memory {
            $(#[test]
            fn $name() {
                let text = include_str!(concat!("scripts/", stringify!($name), ".txt"));
                super::play(stringify!($name), text, &mut super::memory::Pair::new());
            })*
        }

        mod over_t38 {
            $(#[test]
            fn $name() {
                let text = include_str!(concat!("scripts/", stringify!($name), ".txt"));
                super::play(stringify!($name), text, &mut super::t38_pair());
            })*
        }
    };
}

scripts! {
    rates_fall_one_by_one_until_none_is_left,
    rates_fall_by_v29_where_there_is_no_v17,
    a_repeated_dis_is_answered_with_dcs_again,
    nobody_is_there,
    a_dis_without_ced_is_enough,
    a_machine_that_does_not_receive_gets_nothing,
    dcs_is_sent_three_times,
    dcn_instead_of_dis,
    dcn_instead_of_cfr,
    the_far_end_hangs_up_in_phase_a,
    the_far_end_hangs_up_in_phase_b,
    the_far_end_hangs_up_in_mid_page,
    the_far_end_hangs_up_instead_of_mcf,
    dcn_instead_of_mcf,
    a_late_answer_is_not_talked_over,
    a_lost_mcf_is_asked_for_again,
    a_page_never_confirmed_ends_the_call,
    the_last_page_never_confirmed_is_in_doubt,
    only_the_frames_asked_for_are_sent_again,
    a_ppr_for_frames_that_do_not_exist_is_harmless,
    the_fourth_ppr_makes_the_sender_slower,
    correction_is_given_up_at_the_lowest_rate,
    a_page_of_several_blocks,
    rnr_is_waited_out,
    rnr_for_ever_ends_with_t5,
    crp_repeats_the_command,
    plain_rtp_trains_again_before_the_next_page,
    plain_rtn_sends_the_page_again_slower,
    plain_rtn_three_times_rejects_the_page,
    plain_rtn_is_not_tried_again_where_that_is_not_wanted,
    receiving_frames_that_mean_nothing,
    plain_a_lost_mcf_is_asked_for_again,
    plain_the_end_is_never_confirmed,
    plain_an_operator_is_wanted,
    plain_an_operator_is_wanted_and_the_page_is_bad,
    plain_pip_after_the_last_page_is_a_success,
    pages_of_two_kinds_go_back_to_phase_b,
    receiving_says_dis_until_t1,
    receiving_one_page,
    receiving_repeats_mcf_and_keeps_one_page,
    receiving_asks_for_what_is_missing,
    receiving_goes_on_correcting_slower,
    receiving_a_block_given_up,
    receiving_nothing_of_a_block_asks_for_all,
    receiving_training_that_is_not_heard_says_ftt,
    receiving_a_repeated_dcs,
    receiving_plain,
    receiving_plain_without_a_page_rejects_it,
    receiving_eom_goes_back_to_phase_b,
    receiving_silence_after_cfr,
    receiving_silence_after_a_page,
    receiving_silence_after_mcf,
    receiving_dcn_instead_of_dcs,
    receiving_dcn_instead_of_a_page,
    receiving_dcn_instead_of_a_command,
    receiving_the_far_end_hangs_up_in_phase_b,
    receiving_the_far_end_hangs_up_after_a_page,
    polling_fetches_a_document,
    polling_where_there_is_nothing,
    being_polled,
    being_polled_by_nobody,
}

#[test]
fn every_script_is_played() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/t30/scripts");
    let files = std::fs::read_dir(folder).unwrap().count();
    assert_eq!(files, ALL.len());
}
