"""The words of a statement, Chinese and English side by side as the trade prints them (CTP's layout)."""

from __future__ import annotations

from typing import Final

import msgspec

from trading.engine.types import BUY, CLOSE, CLOSE_TODAY, CLOSE_YESTERDAY, LONG, OPEN, SELL, SHORT
from trading.statements import model as m


class Label(msgspec.Struct, frozen=True):
    """One thing in both languages."""

    zh: str
    en: str

    @property
    def both(self) -> str:
        """Both languages, for papers that everybody reads."""
        return f"{self.zh} {self.en}"

    def of(self, language: str) -> str:
        """The word in one language."""
        return self.en if language.startswith("en") else self.zh


TITLES: Final = {
    "date": Label("交易结算单(盯市)", "Settlement Statement (MTM)"),
    "trade": Label("交易结算单(逐笔对冲)", "Settlement Statement (by Trade)"),
}
BUY_SELL: Final = {BUY: Label("买", "Buy"), SELL: Label("卖", "Sell")}
# A long position was bought, a short one sold.
HELD: Final = {LONG: Label("买", "Long"), SHORT: Label("卖", "Short")}
OFFSETS: Final = {
    OPEN: Label("开", "Open"),
    CLOSE: Label("平", "Close"),
    CLOSE_TODAY: Label("平今", "Close T."),
    CLOSE_YESTERDAY: Label("平昨", "Close Y."),
}
CASH: Final = {
    m.DEPOSIT: Label("入金", "Deposit"),
    m.WITHDRAW: Label("出金", "Withdrawal"),
    m.CORRECTION: Label("结算单更正", "Correction"),
}
SPECULATION: Final = Label("投", "Spec.")
HEDGING: Final = Label("保", "Hedge")
TOTAL: Final = Label("合计", "Total")

HEAD: Final = {
    "tenant": Label("期货公司", "Broker"),
    "client_number": Label("客户号", "Client ID"),
    "client_name": Label("客户名称", "Client Name"),
    "account": Label("资金账号", "Account ID"),
    "account_name": Label("账户名称", "Account Name"),
    "day": Label("交易日", "Date"),
    "created": Label("制表日期", "Creation Date"),
    "version": Label("版本", "Version"),
    "currency": Label("币种", "Currency"),
}
SECTIONS: Final = {
    "corrections": Label("更正", "Corrections"),
    "summary": Label("资金状况", "Account Summary"),
    "cash": Label("出入金明细", "Deposit/Withdrawal"),
    "trades": Label("成交记录", "Transaction Record"),
    "messages": Label("申报费", "Message Fees"),
    "expired": Label("到期了结", "Expired Positions"),
    "closed": Label("平仓明细", "Position Closed"),
    "lots": Label("持仓明细", "Positions Detail"),
    "positions": Label("持仓汇总", "Positions"),
}
MESSAGES: Final = {1: Label("报单", "Order"), 2: Label("撤单改单", "Cancel/Replace")}
SUMMARY: Final = {
    "balance_bf": Label("期初结存", "Balance b/f"),
    "initial_margin": Label("期初保证金", "Initial Margin"),
    "deposit": Label("入金", "Deposit"),
    "withdraw": Label("出金", "Withdrawal"),
    "correction": Label("结算单更正", "Correction"),
    "close_profit": Label("平仓盈亏", "Realized P/L"),
    "mtm": Label("持仓盯市盈亏", "MTM P/L"),
    "floating": Label("浮动盈亏", "Floating P/L"),
    "fee": Label("手续费", "Commission"),
    "balance_cf": Label("期末结存", "Balance c/f"),
    "equity": Label("客户权益", "Client Equity"),
    "margin": Label("保证金占用", "Margin Occupied"),
    "frozen": Label("挂单冻结", "Frozen by Orders"),
    "available": Label("可用资金", "Fund Avail."),
    "risk": Label("风险度", "Risk Degree"),
    "call": Label("应追加资金", "Margin Call"),
}
# Lines of the trade's layout for what this house does not have: no options, no pledges, no deliveries.
ABSENT: Final = (
    Label("行权盈亏", "Exercise P/L"),
    Label("行权手续费", "Exercise Fee"),
    Label("交割保证金", "Delivery Margin"),
    Label("交割手续费", "Delivery Fee"),
    Label("质押金", "Pledge Amount"),
    Label("质押变化金额", "Chg in Pledge Amt"),
    Label("外汇质押占用", "FX Pledge Occ."),
    Label("新增外汇质押", "New FX Pledge"),
    Label("外汇解质", "FX Redemption"),
    Label("权利金收入", "Premium Received"),
    Label("权利金支出", "Premium Paid"),
    Label("多头期权市值", "Market Value (long)"),
    Label("空头期权市值", "Market Value (short)"),
    Label("市值权益", "Market Value (equity)"),
)
COLUMNS: Final = {
    "date": Label("日期", "Date"),
    "type": Label("类型", "Type"),
    "note": Label("摘要", "Note"),
    "venue": Label("交易所", "Exchange"),
    "product": Label("品种", "Product"),
    "symbol": Label("合约", "Instrument"),
    "side": Label("买卖", "B/S"),
    "purpose": Label("投保", "S/H"),
    "price": Label("成交价", "Price"),
    "qty": Label("手数", "Lots"),
    "turnover": Label("成交额", "Turnover"),
    "offset": Label("开平", "O/C"),
    "fee": Label("手续费", "Fee"),
    "profit": Label("平仓盈亏", "Realized P/L"),
    "premium": Label("权利金收支", "Premium"),
    "trade": Label("成交序号", "Trans. No."),
    "closed_on": Label("平仓日期", "Close Date"),
    "opened_on": Label("开仓日期", "Open Date"),
    "open_price": Label("开仓价", "Open Price"),
    "previous": Label("昨结算", "Prev. Sttl"),
    "settlement": Label("结算价", "Sttl Price"),
    "floating": Label("浮动盈亏", "Accum. P/L"),
    "mtm": Label("盯市盈亏", "MTM P/L"),
    "margin": Label("保证金", "Margin"),
    "option_value": Label("期权市值", "Option Value"),
    "long": Label("买持", "Long Pos."),
    "long_price": Label("买均价", "Avg Buy"),
    "short": Label("卖持", "Short Pos."),
    "short_price": Label("卖均价", "Avg Sell"),
    "version": Label("版本", "Version"),
    "amount": Label("金额", "Amount"),
    "reason": Label("原因", "Reason"),
    "booked": Label("入账交易日", "Booked on"),
    "last_day": Label("最后交易日", "Last Trading Day"),
    "count": Label("笔数", "Count"),
    "maker": Label("经办", "Maker"),
    "checker": Label("复核", "Checker"),
}
