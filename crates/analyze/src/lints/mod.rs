//! The lints, one file each: its page, its code, its tests.
//!
//! A lint reports only what it can show: a claim about meaning carries a call that `decide` was asked about.

use crate::lint::Lint;

pub use cg333::without_its_base;

mod cg100;
mod cg101;
mod cg102;
mod cg103;
mod cg104;
mod cg105;
mod cg106;
mod cg107;
mod cg108;
mod cg109;
mod cg110;
mod cg111;
mod cg112;
mod cg113;
mod cg114;
mod cg115;
mod cg116;
mod cg117;
mod cg118;
mod cg119;
mod cg120;
mod cg121;
mod cg122;
mod cg201;
mod cg202;
mod cg203;
mod cg204;
mod cg205;
mod cg206;
mod cg207;
mod cg208;
mod cg209;
mod cg210;
mod cg211;
mod cg212;
mod cg213;
mod cg214;
mod cg215;
mod cg216;
mod cg217;
mod cg218;
mod cg219;
mod cg220;
mod cg221;
mod cg222;
mod cg223;
mod cg224;
mod cg301;
mod cg302;
mod cg303;
mod cg304;
mod cg305;
mod cg306;
mod cg307;
mod cg308;
mod cg309;
mod cg310;
mod cg311;
mod cg312;
mod cg313;
mod cg320;
mod cg330;
mod cg331;
mod cg332;
mod cg333;
mod cg334;
mod cg401;
mod cg402;
mod cg403;
mod cg404;
mod cg405;
mod cg406;
mod cg407;
mod cg408;
mod cg409;
mod cg410;
mod cg411;
mod cg412;
mod cg413;
mod cg414;
mod cg501;
mod cg502;
mod cg503;
mod cg504;
mod cg505;
mod cg601;
mod cg602;
mod cg603;
mod cg604;
mod cg605;
mod cg606;
mod cg607;
mod cg608;
mod cg701;
mod cg702;
mod cg703;
mod cg704;
mod cg705;
mod cg706;
mod cg707;
mod cg801;
mod cg802;
mod cg803;
mod cg804;
mod cg805;
mod docker;
mod equivalents;
mod listed;
mod probed;
#[cfg(test)]
mod testing;
mod values;
mod written;

/// Every lint, by code.
pub(crate) const ALL: &[Lint] = &[
    cg100::LINT,
    cg101::LINT,
    cg102::LINT,
    cg103::LINT,
    cg104::LINT,
    cg105::LINT,
    cg106::LINT,
    cg107::LINT,
    cg108::LINT,
    cg109::LINT,
    cg110::LINT,
    cg111::LINT,
    cg112::LINT,
    cg113::LINT,
    cg114::LINT,
    cg115::LINT,
    cg116::LINT,
    cg117::LINT,
    cg118::LINT,
    cg119::LINT,
    cg120::LINT,
    cg121::LINT,
    cg122::LINT,
    cg201::LINT,
    cg202::LINT,
    cg203::LINT,
    cg204::LINT,
    cg205::LINT,
    cg206::LINT,
    cg207::LINT,
    cg208::LINT,
    cg209::LINT,
    cg210::LINT,
    cg211::LINT,
    cg212::LINT,
    cg213::LINT,
    cg214::LINT,
    cg215::LINT,
    cg216::LINT,
    cg217::LINT,
    cg218::LINT,
    cg219::LINT,
    cg220::LINT,
    cg221::LINT,
    cg222::LINT,
    cg223::LINT,
    cg224::LINT,
    cg301::LINT,
    cg302::LINT,
    cg303::LINT,
    cg304::LINT,
    cg305::LINT,
    cg306::LINT,
    cg307::LINT,
    cg308::LINT,
    cg309::LINT,
    cg310::LINT,
    cg311::LINT,
    cg312::LINT,
    cg313::LINT,
    cg320::LINT,
    cg330::LINT,
    cg331::LINT,
    cg332::LINT,
    cg333::LINT,
    cg334::LINT,
    cg401::LINT,
    cg402::LINT,
    cg403::LINT,
    cg404::LINT,
    cg405::LINT,
    cg406::LINT,
    cg407::LINT,
    cg408::LINT,
    cg409::LINT,
    cg410::LINT,
    cg411::LINT,
    cg412::LINT,
    cg413::LINT,
    cg414::LINT,
    cg501::LINT,
    cg502::LINT,
    cg503::LINT,
    cg504::LINT,
    cg505::LINT,
    cg601::LINT,
    cg602::LINT,
    cg603::LINT,
    cg604::LINT,
    cg605::LINT,
    cg606::LINT,
    cg607::LINT,
    cg608::LINT,
    cg701::LINT,
    cg702::LINT,
    cg703::LINT,
    cg704::LINT,
    cg705::LINT,
    cg706::LINT,
    cg707::LINT,
    cg801::LINT,
    cg802::LINT,
    cg803::LINT,
    cg804::LINT,
    cg805::LINT,
];
